"""Spanish, of Spain and of Latin America."""

from __future__ import annotations

from bot.nlu.languages.es.acts import ACTS, MACROS
from bot.nlu.languages.es.words import WORDS
from bot.nlu.lexicon import build_language

COMMON = """
el la los las lo un una unos unas de del a al en por para con sin sobre entre desde hasta
según ante
y o u e ni que qué cual cuál cuales quien quién cuando cuándo como cómo donde dónde cuanto cuánto
yo tú vos él ella nosotros ellos ellas usted ustedes me te se nos os le les mi mis tu tus su sus
este esta estos estas ese esa esos esas eso esto aquel aquella aquí ahí allí acá allá
ser soy eres es somos son era fue sea estar estoy estás está estamos están haber hay había
he has ha
tener tengo tienes tiene tenemos tienen hacer hago haces hace hacen ir voy vas va vamos van poder
puedo puedes puede podemos pueden querer quiero quieres quiere queremos quieren quisiera quería
necesito necesitas gustaría gusta favor gracias hola buenas buenos sí si no ya muy más
menos bien mal
bueno buena mejor peor todo toda todos todas algo alguien nada nadie otro otra mismo misma también
tampoco solo sólo siempre nunca casi aún todavía luego después antes ahora pronto tarde cosa cosas
vez veces día días hora horas semana mes año hombre mujer niño niña chico chica pelo cabello barba
uñas corte cortar tinte color lavar peinar mechas diente dientes muela piel cara mano
manos pie pies
cabeza espalda cuerpo dolor revisión limpieza caballero señora señor don doña libre disponible
disponibilidad servicio servicios precio persona personas dar da dame ver vale pues porque
pero aunque
venga oye mira claro saber sé sabes sabe decir dime dice ponme quedar queda quedan sitio
lugar hablar
saludos ok okay
"""
FILLERS = """
hola buenas pues bueno eh ay uy oye mira perdona entonces y pero a ver gracias vale que es lo
"""
JOINS = "y pero entonces además también porque"

SPANISH = build_language("es", WORDS, ACTS, MACROS, COMMON, FILLERS, JOINS)
