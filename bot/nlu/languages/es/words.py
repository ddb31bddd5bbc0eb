"""Spanish words and phrases with their tags."""

from __future__ import annotations

from bot.nlu.lexicon import TagValue

WORDS: dict[str, dict[str, TagValue]] = {
    "NUM": {
        "cero": 0,
        "uno|una": 1,
        "dos": 2,
        "tres": 3,
        "cuatro": 4,
        "cinco": 5,
        "seis": 6,
        "siete": 7,
        "ocho": 8,
        "nueve": 9,
        "diez": 10,
        "once": 11,
        "doce": 12,
        "trece": 13,
        "catorce": 14,
        "quince": 15,
        "dieciséis": 16,
        "diecisiete": 17,
        "dieciocho": 18,
        "diecinueve": 19,
        "veinte": 20,
        "veintiuno|veintiún|veintiuna": 21,
        "veintidós": 22,
        "veintitrés": 23,
        "veinticuatro": 24,
        "veinticinco": 25,
        "veintiséis": 26,
        "veintisiete": 27,
        "veintiocho": 28,
        "veintinueve": 29,
        "treinta": 30,
        "cuarenta": 40,
        "cincuenta": 50,
        "un par de": 2,
    },
    "ZERO": {"cero|zero|con cero": 1},
    "TENS": {"treinta": 30, "cuarenta": 40, "cincuenta": 50},
    "TENSAND": {"y": 1},
    "ORD": {
        "primero|primer|primera": 1,
        "segundo|segunda": 2,
        "tercero|tercer|tercera": 3,
        "cuarto|cuarta": 4,
        "quinto|quinta": 5,
        "última|último": -1,
    },
    "SUFFIX": {"º|ª|ro|er|do|to|°": 1},
    "MONTH": {
        "enero|ene": 1,
        "febrero|feb": 2,
        "marzo": 3,
        "abril|abr": 4,
        "mayo": 5,
        "junio|jun": 6,
        "julio|jul": 7,
        "agosto|ago": 8,
        "septiembre|setiembre|sept|sep": 9,
        "octubre|oct": 10,
        "noviembre|nov": 11,
        "diciembre|dic": 12,
    },
    "WEEKDAY": {
        "lunes|lun|los lunes": 0,
        "martes|los martes": 1,
        "miércoles|mié|miercole|los miércoles": 2,
        "jueves|jue|los jueves": 3,
        "viernes|vie|los viernes": 4,
        "sábado|sáb|sábados|los sábados": 5,
        "domingo|domingos|los domingos": 6,
    },
    "MANY": {
        "los lunes|los martes|los miércoles|los jueves|los viernes|los sábados|los domingos"
        "|sábados|domingos": 1,
    },
    "DAYREL": {
        "hoy|hoy mismo": 0,
        "esta noche": 0,
        "esta tarde|hoy por la tarde": 0,
        "esta mañana": 0,
        "mañana|mñn": 1,
        "pasado mañana": 2,
        "ayer": -1,
        "anteayer|antier": -2,
        "de hoy en ocho|de hoy en ocho días": 7,
    },
    "PART": {
        "x la mañana|por la mañana|de la mañana|en la mañana|a la mañana|por las mañanas"
        "|esta mañana"
        "|durante la mañana|mañanas|en las mañanas": "morning",
        "temprano|tempranito|a primera hora|primera hora|bien temprano": "first_thing",
        "a media mañana|media mañana|antes de comer|antes del almuerzo": "late_morning",
        "mediodía|al mediodía|a mediodía|del mediodía|a la hora de comer|a la hora del almuerzo"
        "|hora de comer|medio día|al medio día|en mitad del día|a la mitad del día"
        "|a mitad del día": "lunch",
        "tarde|x la tarde|por la tarde|de la tarde|en la tarde|a la tarde|tardes"
        "|por las tardes|esta tarde"
        "|en las tardes|hoy por la tarde|tardecita": "tarde",
        "después de comer|después del almuerzo|a primera hora de la tarde": "early_afternoon",
        "a última hora de la tarde|al final de la tarde|a media tarde": "late_afternoon",
        "noche|x la noche|por la noche|de la noche|en la noche|a la noche|por las noches"
        "|esta noche": "night",
        "madrugada|de la madrugada|por la madrugada": "dawn",
        "a última hora|última hora|al final del día|antes de cerrar": "end_of_day",
        "después del trabajo|al salir del trabajo|saliendo del trabajo|después de trabajar"
        "": "after_work",
        "antes del trabajo|antes de trabajar": "before_work",
    },
    "NOON": {"medianoche": 0},
    "AMPM": {"am|a . m .|a . m|a m": "am", "pm|p . m .|p . m|p m": "pm"},
    "OCLOCK": {"en punto|hs|hrs": 1},
    "HOURWORD": {"horas|hora": 1},
    "PAST": {"las y media de": 30},
    "TO": {"cuarto para las|un cuarto para las|cuarto para la|un cuarto para la": 15},
    "TOWORD": {"para las|para la": 1},
    "PLUS": {
        "y media": 30,
        "y cuarto": 15,
        "y tres cuartos": 45,
        "menos cuarto|menos un cuarto": -15,
        "y pico": 0,
    },
    "PLUSWORD": {"y|con": 1, "menos": -1},
    "AFTER": {
        "después del|a partir del|desde el|no antes del|después de|después de las|después de la"
        "|a partir de|a partir de las"
        "|a partir de la|desde"
        "|desde las|desde la|luego de|luego de las|más tarde de las|más tarde de|pasadas las"
        "|que sea después de las|no antes de las|no antes de": 1,
    },
    "BEFORE": {
        "hasta el|antes de|antes de las|antes de la|hasta las|hasta la|hasta|no más tarde de las"
        "|no más tarde de|máximo a las|como tarde a las|antes del|no más tardar a las"
        "|a más tardar a las": 1,
    },
    "AROUND": {
        "sobre|sobre las|sobre la|hacia las|hacia la|hacia|alrededor de|alrededor de las"
        "|a eso de las|a eso de la|como a las"
        "|como a la|tipo|aproximadamente a las|más o menos a las"
        "|cerca de las|por las|aproximadamente": 1,
    },
    "POSTAFTER": {"en adelante|o más tarde|o después|para adelante|o más": 1},
    "POSTBEFORE": {"o antes|como máximo|como muy tarde|a más tardar": 1},
    "POSTAROUND": {"más o menos|o así|aproximadamente|o por ahí|aprox": 1},
    "BETWEEN": {
        "entre los días|entre|entre las|entre la|entre el|de|de las|desde las|desde|del|desde el": 1
    },
    "FROM": {
        "desde|de|a partir de|de las|desde las|desde la|del|desde el|a partir del|no antes del": 1
    },
    "AND": {"y|e|&|a|hasta|-|–|—|al": 1},
    "RANGE": {"a|hasta|-|–|—|al|a las|hasta las|y las|y la|hasta el": 1},
    "OR": {"o|u|/|o bien": 1},
    "AT": {"a las|a la|@|para las|para la|a|para|las|por": 1},
    "STRICTAT": {"a las|a la|@|para las|para la|las": 1},
    "ON": {"el|para el|en el|en|este|el día|para": 1},
    "THE": {"el|la|las|los|lo": 1},
    "DAYTHE": {"entre el|entre los días|el|el día|día|para el|para el día|del|al": 1},
    "OF": {"de|del|en|de la|de este": 1},
    "IN": {"en|dentro de|de aquí a|de acá a": 1},
    "HALFMONTH": {"quincena": 1},
    "REST": {"resto|lo que queda": 1},
    "STARTING": {"que empieza|que comienza": 1},
    "NUMBERED": {
        "sala|salón|edificio|habitación|piso|puerta|mesa|planta|línea|local|número de|nivel|aula": 1
    },
    "HOLIDAY": {
        "navidad|día de navidad": 1225,
        "nochebuena": 1224,
        "nochevieja|fin de año": 1231,
        "año nuevo": 101,
        "reyes|día de reyes": 106,
        "san valentín": 214,
        "día de muertos": 1102,
    },
    "EVE": {"víspera|la víspera|el día antes": 1},
    "HALFMORE": {"y media": 30},
    "SHIFT": {"más tarde|después|más adelante": 1, "antes|más temprano|más pronto": -1},
    "THIS": {"este|esta|de este|de esta": 1},
    "COMING": {
        "próximo|próxima|el próximo|la próxima|que viene|q viene|siguiente|entrante|prox|proxima": 1
    },
    "LAST": {"pasado|pasada|último|última": 1},
    "WEEK": {"semana|la semana": 1},
    "WEEKS": {"semanas|semana": 1},
    "MONTHW": {"mes|el mes": 1},
    "MONTHS": {"meses|mes": 1},
    "DAYW": {"día|fecha": 1},
    "DAYS": {"días|día": 1},
    "HOURS": {"hora|horas": 60},
    "MINUTES": {"minuto|minutos|min|mins|minutos tarde|minuto tarde|min tarde|mins tarde": 1},
    "HALFHOUR": {
        "media hora": 30,
        "una hora": 60,
        "una hora y media": 90,
        "tres cuartos de hora": 45,
    },
    "A": {"un|una": 1},
    "WEEKEND": {"fin de semana|finde|fines de semana|fin de": 1},
    "WORKDAYS": {"entre semana|días laborables|día laborable|días de semana|días hábiles": 1},
    "END": {
        "a finales de|finales de|a finales del|finales del|fin del|a fin de|fin de"
        "|a final de|al final de|final de|fines de": 1
    },
    "BEGIN": {"a principios de|principios de|a comienzos de|al principio de|a inicios de": 1},
    "MIDDLE": {"a mediados de|mediados de|a mitad de|a media|en mitad de": 1},
    "FROMNOW": {"a partir de hoy|a partir de ahora|desde hoy": 1},
    "NOT": {
        "no|no el|no la|no los|menos|menos el"
        "|menos los|menos la|excepto|excepto el|salvo|salvo el"
        "|que no sea|que no sea el|ni|sin|quitando|no con|no puedo el|no quiero|tampoco|no puedo ir"
        "|no puedo|no podré ir|no puedo venir|no puedo a|no me va|no me viene bien|no un|no una"
        "|no a|trabajo|estoy ocupado|estoy ocupada": 1,
    },
    "BUT": {"pero no": 1},
    "ANY": {"cualquier|cualquiera|todos|cualquier día": 1},
    "NEGPOST": {
        "no puedo ir|no podré ir|no puedo venir|no me viene bien|"
        "no puedo|no me va bien|no me viene bien"
        "|no me sirve|no me va|no me viene|no me queda bien"
        "|no|no es posible|imposible|no funciona|tampoco|no me sirve a mí|me va mal|me viene mal"
        "|no me cuadra|no me encaja|está lleno|no me gusta|es tarde|es muy tarde|es muy temprano"
        "|es demasiado tarde|es demasiado temprano|trabajo|estoy ocupado|estoy ocupada": 1,
    },
    "CORRECT": {
        "mejor|no|perdón|perdona|digo|quiero decir|en realidad|prefiero|cámbialo|espera|en vez de"
        "|rectifico|mejor dicho|más bien|uy|o sea|que sea|ponme|pónlo": 1,
    },
    "SAMEDAY": {"el mismo día|mismo día|ese día|ese mismo día": 0},
    "DAYAFTER": {
        "al día siguiente|el día siguiente|el día después|el día de después": 1,
        "el día anterior": -1,
    },
    "SOON": {
        "lo antes posible|cuanto antes|lo más pronto posible|ahora mismo|lo primero que tengas"
        "|lo primero que haya|lo antes que puedas|en cuanto puedas|tan pronto como sea posible"
        "|ya mismo|lo más temprano posible|la primera que tengas|lo más rápido posible": "asap",
    },
    "PLACE": {"calle|piso|planta|opción|vez|persona|sitio|lugar|avenida|plaza|puerta": 1},
    "MONEY": {"€|$|euro|euros|pesos|dólares|soles|%|eur": 1},
    "COUNTED": {
        "personas|persona|niños|hijos|hijas|años|año|veces|citas|servicios|estrellas|km|meses": 1
    },
    "NAMEIS": {
        "me llamo|mi nombre es|a nombre de|soy|nombre|de parte de": 2,
    },
    "FORMY": {"para mi|para mis|para nuestro|para nuestra|a mi|mi": 1},
    "KIN": {
        "hijo|hija|marido|esposo|esposa|mujer|madre|padre|mamá|papá|hermano|hermana|amigo|amiga"
        "|novio|novia|pareja|abuelo|abuela|nieto|nieta|primo|prima|sobrino|sobrina|niño|niña|nene"
        "|nena|jefe|jefa|suegra|suegro|tía|tío": 1,
    },
    "POLITE": {
        "por favor|porfa|porfi|vale|ok|sí|si|gracias|hola|el|la|y|bueno|pues|número|opción|venga"
        "|mejor|quiero|dame|okay": 1,
    },
    "CHOICE": {"opción|número|la opción|el número|la número|nº|#": 1},
    "ONE": {"opción|hueco|hora": 1},
    "WITH": {"con|con la|con el": 1},
    "LANGUAGE": {
        "inglés|en inglés": "en",
        "español|castellano|en español": "es",
        "portugués|en portugués": "pt",
        "hindi": "hi",
    },
    "PLAIN": {
        "buenos días|buen día|buenas tardes|buenas noches|buenas|feliz día|buen fin de semana"
        "|buena tarde|buena noche|feliz tarde|llego tarde|llegar tarde|llegaré tarde|voy tarde"
        "|voy a llegar tarde|más tarde|muy tarde|tan tarde|un poco tarde|demasiado tarde"
        "|algo más tarde|algún día|otro día|por día|una vez|otra vez|a la vez|de una vez"
        "|una cita|una hora|una pregunta|una cosa|una duda|de una|una reserva|un momento|de nada"
        "|hasta luego|hasta mañana|hasta pronto"
        "|hasta la vista|a la brevedad|la última vez|sin más"
        "|un corte|primera vez|de primera|en segunda|hasta otra|otra hora|la hora|las horas"
        "|para una vez|de la última vez|segundo nombre|más temprano|más pronto|un rato": 1,
    },
}
