"""Spanish words around the number of an option (kinds: see `languages/en/choices.py`)."""

from __future__ import annotations

CHOICES: dict[str, str] = {
    "MARK": "opción|la opción|número|el número|la número|el hueco|nº|num|núm|opción número",
    "VERB": """
quiero|querría|quisiera|me quedo con|me quedo|dame|deme|me das|me da|ponme|póngame|pon|prefiero
preferiría|elijo|escojo|cojo|tomo|agarro|reserva|resérvame|reservame|reserve|resérveme|agéndame
agéndeme|apúntame en|apúntame a|me apunto a|anótame en|vamos con|voy con|iría con|con
creo que|sería|será|es|que sea|me gustaría|me viene bien|me va bien|me sirve|me conviene|mejor
me viene mejor|me va mejor|selecciono|seleccionar|marco|pues mejor|digo|quise decir|me decanto por
""",
    "POLITE": """
por favor|porfa|porfi|porfis|porfavor|xfa|xfavor|plis|vale|ok|okay|okey|oki|sí|si|claro|gracias
muchas gracias|hola|bueno|bien|pues|venga|dale|va|y|entonces|genial|perfecto|estupendo|listo
de acuerdo|muy bien|la|el|lo|esa|ese|esta|este|mmm|eh|a ver|si puede ser|si se puede|creo
buenas|buenos días|buenas tardes|sale|órale|ándale|simplemente|solo|quizás|quizá|tal vez
""",
    "ALONE": "vale ok okay si claro hola bueno pues venga dale va entonces la el lo",
    "LAST": "última|último",
    "ONE": "opción|hueco|de la lista|de todas|de ellas|de esas|de esos|que sale|que sale",
    "TAIL": """
está bien|esta bien|me va bien|me viene bien|me viene perfecto|me va perfecto|me sirve|va bien
viene bien|me conviene|mejor|sería|puede ser|me parece bien|de la lista|es perfecta|es perfecto
me queda bien|me acomoda|me late|suena bien|me gusta|la mejor|es la mejor|es buena|es la que quiero
""",
}
