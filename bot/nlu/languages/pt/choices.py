"""Portuguese words around the number of an option (kinds: see `languages/en/choices.py`)."""

from __future__ import annotations

CHOICES: dict[str, str] = {
    "MARK": "opção|a opção|número|o número|a número|nº|num|opção número|alternativa|a alternativa",
    "VERB": """
quero|eu quero|queria|eu queria|gostaria|fico com|vou ficar com|vou de|vou com|vou querer|pode ser
prefiro|eu prefiro|escolho|eu escolho|me vê|me dá|me da|manda|marca|marque|pode marcar|marca pra mim
reserva|reserve|pode reservar|agenda|pode agendar|acho que|seria|vai ser|é|que seja|melhor|pego
vamos de|vamos com|vamos na|então vai|coloca|coloque|bota|põe|quis dizer|seleciono|digo|serve
""",
    "POLITE": """
por favor|pfv|pfvr|pf|por gentileza|ok|okay|okey|tá|ta|tá bom|ta bom|tá certo|está bem|sim|claro
obrigado|obrigada|obg|brigado|brigada|valeu|vlw|oi|olá|opa|bom|bem|então|e|o|a|esse|essa|beleza|blz
certo|ótimo|perfeito|legal|show|bacana|joia|fechado|combinado|pronto|isso|hum|hmm|ah|acho|talvez
se possível|se puder|se der|bom dia|boa tarde|boa noite|só|mesmo|aí
""",
    "ALONE": "ok okay ta sim claro oi ola opa bom bem entao o beleza blz certo isso pronto",
    "LAST": "última|último",
    "ONE": "opção|alternativa|da lista|dessas|desses|deles|delas|que aparece|horário",
    "TAIL": """
pode ser|está bom|esta bom|tá bom|ta bom|tá ótimo|está ótimo|serve|me serve|fica bom|fica ótimo
dá certo|da certo|é bom|é o melhor|é a melhor|é melhor|mesmo|da lista|pra mim|para mim|funciona
tá perfeito|está perfeito|me atende|eu quero|seria bom|seria ótimo|seria perfeito|é perfeito
""",
}
