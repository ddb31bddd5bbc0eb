"""Spanish answer words; `languages/en/answers.py` explains each kind."""

from __future__ import annotations

ANSWERS: dict[str, str] = {
    "YES": """
si|sip|sii|sep|simon|afirmativo|claro que si|por supuesto que si|desde luego que si|que si
eso si|sí quiero|si quiero|si lo haria|obvio que si|pues si
""",
    "OK": """
vale|bueno|bien|esta bien|muy bien|perfecto|de acuerdo|genial|estupendo|correcto|exacto|okey|oki
okis|listo|sale|va|me parece bien|suena bien|me viene bien|me va bien|conforme|asi es|eso es|eso
de una|me parece perfecto|ta bien|estoy de acuerdo|me sirve
""",
    "EMPH": """
claro|claro que|por supuesto|por supuesto que|desde luego|desde luego que|obvio|obviamente
seguro|segura|estoy seguro|estoy segura|ciertamente|efectivamente|sin duda|naturalmente
evidentemente|en serio|de verdad|absolutamente|totalmente|mejor|obvio que
""",
    "NOT": """
no|nop|nope|nel|tampoco|non|mejor no|prefiero que no|que no|creo que no
""",
    "AGREE": """
por que no|pq no|porque no|sin problema|sin problemas|no hay problema|ningun problema|como no
no hay drama|no hay inconveniente|sin inconveniente|no me importa|no me molesta
""",
    "REFUSE": """
para nada|ni hablar|de ninguna manera|en absoluto|nunca|jamas|que va|ni loco|ni loca|ni de broma
no hace falta|ahora no|hoy no|todavia no|aun no|por ahora no|por el momento no|no gracias
ni pensarlo|de eso nada|ese no|esa no|ese dia no|esa hora no|nada de eso|no es necesario
olvidalo|no por ahora|no todavia|ni en sueños|en ningun caso|bajo ningun concepto|negativo
no me viene bien|no me va bien
""",
    "DO": """
hazlo|adelante|dale|hagalo|procede|proceda|hacelo|vamos
""",
    "DO_cancel": """
cancela|cancelala|cancelalo|cancele|cancelela|cancelar|cancelarla|cancelarlo|canceles
cancelamela|anula|anulala|anulalo|anular|anularla|anule|anules|cancelen|cancelada|borrala
quitala|cancelas|cancelo
""",
    "DO_move": """
muevela|muevelo|mueve|muevas|muevan|mover|moverla|moverlo|cambia|cambiala|cambialo|cambiar
cambiarla|cambies|cambie|pasala|pasa|movela|mueva
""",
    "DO_book": """
reserva|reservala|reservalo|reservame|reservar|reservarla|reserve|reserves|resérvela|agenda
agendala|agendame|agendar|agendes|la quiero|lo quiero|me lo quedo|me la quedo|cogela|apuntame
""",
    "DO_approve": """
aprueba|apruebo|aprobar|aprobado|aprobada|acepto|aceptar|aceptala|aceptalo|la acepto|lo acepto
""",
    "KEEP": """
dejala|dejalo|dejala como esta|dejalo como esta|deja|dejala asi|dejalo asi|mantenla|mantenlo
mantener|mantenerla|mantenerlo|la mantengo|lo mantengo|mantengo|mantén|conservala|conservar
quedarmela|me la quedo asi|como esta|como estaba|asi como esta|dejemoslo|dejemosla|dejarla
""",
    "COME": """
voy|voy a ir|alli estare|ahi estare|ahi voy|asistire|nos vemos|alla voy|si voy|sí voy
""",
    "CONFIRM": "confirmo|confirma|confirmar|confirmado",
    "HEDGE": """
quiza|quizas|tal vez|talvez|a lo mejor|puede ser|puede que|creo que si|creo|supongo
supongo que si|me imagino|imagino|no se|no lo se|no estoy seguro|no estoy segura|no estoy
depende|si acaso|solo si|siempre que|a menos|a menos que|salvo|salvo que|si es|si hay|si puede
si se puede|si no|probablemente|posiblemente|no es que|no es que no|mmm|mm|eh|ni idea
no tengo ni idea|o|ya veremos|veremos|dejame|lo pienso|con tal|no puedo no|no solo|nadie|nada
si tal|si fuera|si tienen|si tiene|si me|si le|si el|si la|si lo|no sin|no tengo idea|todo bien
""",
    "UNWANTED": """
no la quiero|no lo quiero|ya no la quiero|ya no lo quiero|no la necesito|no lo necesito
ya no la necesito|ya no quiero|ya no
""",
    "CANT": """
no puedo|puedo|no podre|no puedo ir|no voy a poder|ahora mismo no puedo|no llego
""",
    "LATER": """
luego|mas tarde|despues|mañana|otro dia|otro momento|otra vez|pronto|la proxima|en un rato
en un momento|ahorita no|antes|primero|quiza mas tarde|tal vez mas tarde|otra hora|otro rato
""",
    "BUT": "pero|aunque|excepto|sino|sin embargo|menos",
    "FIX": """
perdon|perdona|digo|quiero decir|quise decir|disculpa|disculpe|en realidad|corrijo
""",
    "WAIT": """
espera|espere|esperate|un momento|un segundo|aguarda|para|alto|me equivoque
""",
    "ASK": """
que|cuanto|cuando|donde|quien|como|cual|hay|puedes|puede|podrias|podria|es gratis|por que
""",
    "FILL": """
por favor|porfa|porfavor|porfis|pf|gracias|muchas gracias|mil gracias|hola|buenas|buenos dias
buenas tardes|buenas noches|adios|la|el|lo|los|las|mi|me|yo|tu|usted|cita|reserva mia|turno|hora
y|a|de|con|en|un|una|quiero|quisiera|quiero que|me gustaria|ya|pues|entonces|ay|ah|oh|ahora
ahora mismo|hoy|eso de|esta|este|para mi|muy|mucho|señor|señora|amigo|amiga|la cita|te|se|le|es
lo de|esta cita|sea
""",
}
