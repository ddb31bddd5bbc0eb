"""Spanish patterns for acts; see `patterns.py` for their syntax."""

from __future__ import annotations

MACROS: dict[str, str] = {
    "bookv": """
reservar reserva resérvame reservarme reserve agendar agenda agéndame agendarme apartar apártame
pedir coger cógeme sacar solicitar concertar programar apúntame apuntarme anótame anotarme
""",
    "havev": """
quiero quería quisiera querría necesito deseo dame deme ponme póngame hazme hágame tener
pedir coger
conseguir consígueme búscame sacar hacer me gustaría podría puedo puedes podrías darme ponerme
tienes tenéis tienen hay
""",
    "visit": """
cita citas turno turnos reserva reservas hora hueco huecos sesión consulta visita sitio lugar
""",
    "my": "mi mis nuestra nuestras la las esa",
    "who": """
dentista doctor doctora médico médica peluquería peluquerías peluquero peluquera salón barbería
barbero barbera estilista terapeuta psicólogo psicóloga clínica fisio fisioterapeuta dermatólogo
ginecóloga ginecólogo oftalmólogo especialista esteticista centro spa odontólogo profesional
""",
    "find": """
buscar busco busca buscando encontrar encuentra encuéntrame recomiéndame recomienda buscame
""",
    "cancelv": """
cancelar cancela cancelo cancele cancelarla cancélala cancelame cancélame anular anula anulo anule
anularla anúlala borrar elimina eliminar cancelen quitar quita
""",
    "movev": """
cambiar cambia cambio cambie cambiarla cámbiala cambiarlo cámbialo mover mueve moverla muévela
muévelo moverlo aplazar aplaza posponer pospón retrasar retrasa adelantar adelanta reprogramar
reprograma reagendar reagenda pasar pásala pásalo pasarla cámbiame
""",
    "good": """
bien perfecto genial correcto estupendo fenomenal excelente bueno vale fantástico conforme
ok bárbaro
buenísimo maravilloso ideal
""",
    "kin": """
hijo hija marido esposo esposa mujer madre padre mamá papá hermano hermana amigo amiga novio novia
pareja abuelo abuela niño niña sobrino sobrina nieto nieta suegra jefe
""",
}

ACTS: dict[str, str] = {
    "_aside": """
^ hasta el lunes|martes|miércoles|jueves|viernes|sábado|domingo $
mi calendario|agenda
tiempo hará|hace
lluvia|pronóstico
estoy libre|disponible ?
""",
    "_errand": """
taxi|uber|cabify
mi calendario
""",
    "_done": """
eso es|sería todo
nada más
todo por hoy
por hoy
""",
    "yes": """
^ sí|si|sip|sii|siii|claro|vale|ok
^ okay|okey|dale|venga|correcto|exacto|exactamente|afirmativo|cierto
^ perfecto|genial|adelante|confirmo|confirmado|seguro|obvio|listo|bueno|hecho|sale|órale|sisi|s $
^ por supuesto
^ de acuerdo|una
^ desde luego
^ como no
está|esta|todo|es|suena|me|queda|parece muy? @good
me parece|viene|va|sirve|queda|encanta @good?
así es|está|mismo
eso es $
eso mismo
quiero esa|ese|esta|este $
lo confirmo
no hay problema
sin problema|problemas
tal cual
creo que sí
que sí
""",
    "_yes": """
^ estupendo|fenomenal|excelente|fantástico|maravilloso|buenísimo|bien|bárbaro
""",
    "no": """
^ no !antes|hay|importa|te|tengo|más
^ no $
^ nop|nope|nones|negativo|tampoco|nunca|jamás
así|hoy|ahora|todavía|aún no $
^ n $
no me|lo|la|es|está|puedo|quiero|va|viene|sirve|gracias|así|ese|esa|eso
^ para nada
creo que no
de ninguna manera|eso
mejor no
está mal|equivocado
incorrecto
ahora no
todavía no
""",
    "_no": """
mejor|prefiero|perdón|perdona|espera|digo|rectifico
en realidad|vez
quiero decir
me equivoqué|confundí
he cambiado de
cambié de
@movev
más bien
""",
    "thanks": """
gracias|agradezco|agradecido|agradecida|grax|thanks
""",
    "bye": """
^ adiós|chao|chau|bye|adeu
^ hasta el lunes|martes|miércoles|jueves|viernes|sábado|domingo $
hasta luego|pronto|mañana|la|otra
nos vemos
^ que tengas|tenga|tengan|vaya
eso es|sería todo
nada más
buenas noches $
buen día|fin $
""",
    "greet": """
^ hola|holi|buenas|hey|ey|saludos|alo|aló|holaa|ola
buenos días
buen día
buenas tardes|noches
qué tal
""",
    "book": """
@bookv * @visit
@bookv
@havev * @bookv
@havev ** @visit
@havev * cortarme|teñirme|peinarme|arreglarme|hacerme|depilarme|afeitarme
ir|venir|pasar|pasarme al|a|el|mañana|hoy|por
me das|dais|dan|coges|cogéis|atiendes|atendéis|apuntas * hora|cita|hoy|mañana|el
me puedes|podéis|podrías|puede|pueden coger|dar|atender|apuntar|hacer !alguien
hay|tienes|tienen|tenéis|queda|quedan * hueco|sitio|hora|horas
hay|tienes|tienen|tenéis|queda|quedan * huecos|disponibilidad|disponible|libre|algo
quiero|quisiera|necesito|quería|dame|ponme un|una * corte|tinte|limpieza
quiero|quisiera|necesito|quería|dame|ponme un|una * masaje|manicura|color|cita
una cita|reserva
""",
    "find": """
@find ** @who
@find alguien|algo|un|una
necesito|quiero|quisiera|hay|conoces|conocen un|una|algún|alguna|otro|otra @who
""",
    "_see": """
ir|voy|ver|visitar al|a|un|una|el|la * @who
""",
    "_area": """
@who en|cerca|por
cerca de|mí
""",
    "_pick": """
ese|esa|este|esta|eso
""",
    "_else": """
otro|otra|otros|otras|diferente|distinto|distinta|más @who
otro|otra|otros|otras|diferente|alguien|algún más|sitio|lugar|salón|otro
""",
    "move": """
^ cambiar $
@movev * @visit|hora|día|fecha
cambiármela|cambiarla|moverla|aplazarla|reprogramarla
adelantarla|retrasarla
puedo|podría|podríamos|quiero|quería|necesito|quisiera @movev
reprogramar|reagendar|aplazar|posponer|reprograma|reagenda
""",
    "_alter": """
mejor
cámbialo|cámbiala|muévelo|muévela|ponlo|ponla|pásalo|pásala|pásamela|déjalo|déjala
en vez|lugar de
puede|podría|podemos ser
que sea
""",
    "ask_status": """
está|esta ya|todavía? confirmada|confirmado|aprobada|aprobado|reservada|reservado|hecha|lista
ya está|esta|quedó|quedo confirmada|confirmado|aprobada|aprobado|reservada|reservado|lista|listo
quedó|quedo confirmada|confirmado|reservada|reservado|agendada|agendado
sigue en pie
me confirmas|confirmaron|aceptaron
""",
    "_moveit": """
cámbialo|cámbiala|muévelo|muévela|pásalo|pásala|cámbiamelo|cámbiamela|cambiarlo|cambiarla
moverlo|moverla|pasarlo|pasarla
la|lo|me puedes|podéis|podrías|puede|podemos @movev
""",
    "_cant": """
no puedo|podré|podremos|voy|vamos a? poder? ir|asistir|acudir|venir !antes|después|hasta
no puedo|podré|podremos el|hoy|mañana|este|esta !antes|después|hasta
no podré|podremos !antes|después|hasta
me es imposible ir|asistir|acudir|venir
""",
    "cancel": """
@cancelv
ya no quiero|necesito|voy|puedo
""",
    "cancel_all": """
@cancelv * todo|todas|todos|ambas
""",
    "my_bookings": """
mis citas|reservas|turnos|visitas
^ citas|reservas|turnos $
cuándo|cuando|qué|que|a|cuál|cual ** mi|mis|próxima @visit
tengo alguna|una|algún|algo|un * @visit|reservado|reservada
ver|muéstrame|enséñame|mostrar|consultar|mira mi|mis @visit
qué tengo reservado|agendado
a qué hora tengo|es|era|tenía
cuándo|cuando me toca|tengo
mi @visit
""",
    "ask_price": """
cuánto|cuanto cuesta|vale|es|sale|sería|cobran|cobras|cobráis|cobra|costaría|cuestan|valen
precio|precios|tarifa|tarifas|coste|costo|cuesta|presupuesto
qué|que precio|vale|cuesta|cobran
""",
    "ask_address": """
dónde|donde están|estáis|está|queda|quedan|es|os|se|se|se
dónde|donde * encuentra|encuentran|ubicado|ubicados|ubicada|salón|local|clínica|peluquería
dirección|ubicación|direcciones
cómo|como llego|llegar|llegamos|llega
cómo|como puedo|se|podemos llegar|ir
qué|que|cuál calle|dirección|zona|barrio
^ dónde|donde $
""",
    "ask_hours": """
horario|horarios
a|hasta|desde qué|que hora * abre|abren|abrís|cierra|cierran|cerráis|abiertos|abierto|está
abren|abrís|abre|abierto|abiertos|cierran|cerráis|cierra|cerrado|cerrados
cuándo|cuando|qué|que abren|abrís|abre|cierran|días
""",
    "ask_phone": """
teléfono|telefono|móvil|celular|tel|tfno|whatsapp
número|numero de contacto|teléfono
cómo|como|dónde os|les|te|lo|la|puedo|los * contacto|contactar|llamo|llamar|llamaros|contactaros
vuestro|su|tu|el número|contacto
""",
    "ask_rating": """
valoración|valoraciones|reseñas|reseña|opiniones|puntuación|estrellas|calificación|calificaciones
qué|que tal son|es|está|trabajan
son|es buenos|buenas|bueno|buena|recomendable|recomendables
""",
    "ask_duration": """
cuánto|cuanto tiempo|dura|tarda|tardan|tardáis|tarda|rato|se|demora|demoran|tardas|duraría
duración
""",
    "ask_who": """
quién|quien|quiénes|quienes !sea|pueda|tengas|haya
qué|que|cuál peluquero|peluquera|estilista|doctor|doctora|profesional|persona|barbero
""",
    "ask_parking": """
parking|aparcamiento|estacionamiento|aparcar|estacionar|garaje|cochera|parqueo|parquear
""",
    "ask_payment": """
pagar|pago|pagos|tarjeta|tarjetas|efectivo|bizum|visa|transferencia|seguro|adelanto|señal|depósito
aceptan|aceptáis|aceptas
""",
    "ask_preparation": """
qué|que tengo|debo|hay|necesito que|qué? llevar|traer|hacer|preparar
qué|que llevo|traigo
tengo|hay|debo|necesito que|qué? llevar|traer|preparar|prepararme|ayunar|lavarme|ayunas
tengo|hay|debo que|ir * ayunas
preparación|prepararme
preparar|prepararme|prepararnos|preparación|preparo|ayunas|ayuno
tengo|debo|hay|hace que|falta * traer|llevar|comer
qué|que debo|tengo|llevo|traigo * traer|llevar|preparar
""",
    "ask_offers": """
hacen|hacéis|haces|ofrecen|ofrecéis|ofreces|trabajan|trabajáis|dan|atienden|realizan|hacés
tienen|tenéis|tienes servicio|servicios|tratamiento|tratamientos
es|son unisex
unisex
""",
    "late": """
llego|llegar|llegaré|llegamos|voy|vamos|retrasado|retrasada * tarde|retraso|retrasado
retraso|retrasado|retrasada|retrasaré|retraso|atasco
me retraso|retrasaré|atraso|demoro
minutos|min tarde|más|de
""",
    "human": """
hablar|comunicarme|contactar con|a * persona|humano|alguien|agente
hablar|comunicarme|contactar con|a * encargado|encargada|recepción|dueño
persona|humano real|de
agente|operador|operadora|recepcionista
pásame|ponme con
que me llamen|llames|llame
""",
    "help": """
^ ayuda|ayúdame|ayudame|info|socorro
cómo|como funciona|va|funcionas
qué|que puedes|puedo|sabes hacer
no entiendo
""",
    "menu": """
^ menú|menu|opciones|inicio $
menú principal
""",
    "back": """
^ atrás|atras|volver|regresar|anterior $
ir|volver|vuelve|regresa atrás|atras
paso anterior
""",
    "start_over": """
empezar|empecemos|comenzar|volver|empieza de|otra|desde|a nuevo|vez|cero|empezar|el
^ reiniciar|reinicia $
desde cero|el principio
""",
    "stop": """
^ stop|baja|parar|para|alto|detener $
darme|dame|dar|dadme de baja
no quiero|me * recibir|escriban|escribas|escribáis|mandes|manden|envíen|mensajes|escribir
deja|dejen|dejad de * escribir|escribirme|mandar|mandarme|enviar|enviarme
no más mensajes
""",
    "start": """
^ alta|start|suscribir|suscribirme $
darme|dame de alta
""",
    "language": """
habla|hablas|hablan|hablar * inglés|español|portugués|hindi|idioma
en|cambiar|cambia|prefiero|habláis * inglés|español|portugués|hindi|idioma
^ inglés|español|portugués|hindi|castellano|english $
cambiar|cambia|otro idioma|lengua
""",
    "other": """
otro|otra|otros|otras|distinto|distinta|diferente|diferentes|alternativa|alternativas
más opciones|horas|huecos|horarios|días
algo más $
alguien más
^ ninguna|ninguno
""",
    "other_shop": """
otro|otra|distinto|distinta|diferente salón|peluquería|barbería|clínica|local|centro|tienda|sucursal
en otro sitio|lugar|lado
no en? esta|esa|este|ese salón|peluquería|barbería|clínica|local|centro|tienda|sucursal
cambiar|cambia de salón|peluquería|barbería|clínica|local|centro|tienda
""",
    "any_time": """
cualquier|cualquiera hora|momento|rato
a|en cualquier hora|momento
cuando sea|quieras|quieran|puedas|puedan|podáis|queráis|haya|tengas
la hora me|no da|importa
a la hora que sea|quieras
elige|escoge|decide tú|vos|usted
me da igual la? hora
""",
    "any_day": """
cualquier|cualquiera día|fecha
cuando sea|quieras|quieran|puedas|puedan|podáis|queráis|haya|tengas
el día me|no da|importa
me da igual el? día
""",
    "more_people": """
puede|puedo|podría|podemos * mi @kin venir|ir|también
puede|podría venir|ir|acompañarme también|conmigo mi? @kin
venir|ir con mi @kin
para dos|tres|cuatro|2|3|4|ambos|los personas|dos
somos dos|tres|cuatro|cinco|2|3|4|5 personas|adultos
para mí y mi|para
mi @kin también
los|las|nosotros dos $
""",
    "wait": """
^ espera|espere|espérate|espérame|aguarda|aguanta un|una|me|que|$
^ espera|espere|espérate|espérame|aguarda $
^ un momento|segundo|momentito|minuto|seg|segundito
^ dame un momento|segundo|minuto|rato
^ déjame|déjeme|deja|a ver|mirar|pensar|pensarlo|consultar|consultarlo|preguntar
^ lo consulto|miro|pienso
ahora te digo|aviso
""",
    "drop": """
^ olvídalo|olvidalo|olvídelo
^ déjalo|dejalo|déjelo $
^ déjalo|déjelo estar|así
ya no|nada !quiero|puedo|voy
^ nada|no importa|pasa|nada $
^ mejor déjalo|nada
he cambiado de idea|opinión $
""",
    "earlier": """
más temprano|pronto !posible
algo|poco|hora|horas|día antes !de|del|que|posible
adelantar|adelanta|adelántala
""",
    "later": """
^ más tarde !de
algo|poco|mucho|rato|hora|horas más? tarde|después
^ después !de|del|que
^ luego $
""",
    "same_as_last": """
lo|la|el|igual|como mismo|misma|igual|que|la|siempre !día|dia * última|siempre|vez|anterior|pasada
lo|la|el mismo|misma|siempre !día|dia|semana
como siempre|siempre|antes
igual que
lo de la|el última|último|otra|anterior
de siempre
""",
    "for_other": """
para mi|mis|nuestro|nuestra @kin
mi @kin quiere|necesita
para otra persona
para alguien|un|una más|amigo|amiga
""",
    "anyone": """
cualquiera|cualquier|quienquiera !hora|día|momento|rato|fecha
me da igual !la|el|hora|día
da igual !la|el|hora|día
no importa|tengo|me * preferencia|quién|quien|importa
con quien sea|pueda|tengas|haya
el|la|lo que sea|haya
indiferente
""",
    "emergency": """
emergencia|urgencia|urgencias|ambulancia|112|911
no puedo|puede respirar
me ahogo|desmayo|desangro
infarto|ictus|suicidarme|suicidio|sobredosis|inconsciente
dolor de pecho|fuerte
dolor * insoportable|pecho
matarme
sangrando|hemorragia
""",
}
