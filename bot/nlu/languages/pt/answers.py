"""Portuguese answer words; `languages/en/answers.py` explains each kind."""

from __future__ import annotations

ANSWERS: dict[str, str] = {
    "YES": """
sim|ss|sss|s|aham|uhum|claro que sim|com certeza que sim|pode sim|quero sim|sim quero|isso mesmo
positivo|isso sim|lógico que sim|pois sim|é sim|fechado|bora
""",
    "OK": """
ta|ta bom|ta bem|ta certo|ta otimo|esta bem|esta bom|tudo bem|tudo certo|beleza|blz|certo
certinho|otimo|perfeito|bom|bem|combinado|de acordo|parece bom|isso|show|legal|joia|correto
exato|concordo|maravilha|okay|parece otimo|da certo|pra mim ta bom|ta perfeito|esta otimo|serve
ta joia
""",
    "EMPH": """
claro|claro que|com certeza|logico|logico que|obvio|obvio que|obviamente|certamente|certeza
tenho certeza|sem duvida|seguro|naturalmente|de verdade|evidente|absolutamente|totalmente|melhor
claro ne
""",
    "NOT": """
nao|nn|nunca que|naum|num|melhor nao|prefiro que nao|acho que nao|n|tampouco|nops|que nao|nem
""",
    "AGREE": """
por que nao|pq nao|porque nao|sem problema|sem problemas|nao tem problema|nenhum problema
como nao|nao vejo por que nao|nao me importo|nao faz mal
""",
    "REFUSE": """
de jeito nenhum|nem pensar|de forma alguma|de modo algum|de maneira nenhuma|nunca|jamais
que nada|nem a pau|agora nao|hoje nao|ainda nao|por enquanto nao|nao precisa|nao obrigado
nao obrigada|deixa pra la|esquece|esse nao|essa nao|esse dia nao|nao da|nao da pra mim|nao serve
nem morto|negativo|nao e necessario|capaz|em hipotese alguma|nem em sonho|no momento nao
nao por enquanto|nao agora
""",
    "DO": """
pode|pode fazer|faz|faca|faz isso|pode ser feito|vai|vai em frente|manda ver|manda bala|prossiga
segue
""",
    "DO_cancel": """
cancela|cancele|cancelar|cancelo|pode cancelar|cancela ai|desmarca|desmarque|desmarcar
pode desmarcar|cancelado|anula|anular|cancelem|desmarco
""",
    "DO_move": """
muda|mude|mudar|pode mudar|troca|troque|trocar|pode trocar|remarca|remarque|remarcar
pode remarcar|altera|alterar|passa|passar|pode passar
""",
    "DO_book": """
marca|marque|marcar|pode marcar|agenda|agende|agendar|pode agendar|reserva|reserve|reservar
pode reservar|marca ai|quero esse|fico com esse|vou querer
""",
    "DO_approve": "aprova|aprovo|aprovar|aprovado|pode aprovar|aceito|aceita|aceitar|pode aceitar",
    "KEEP": """
deixa|deixa como esta|deixe|deixe como esta|deixa assim|deixa quieto|manter|mantem|mantenha
mantenho|fica|ficar|ficar com|ficar com ele|ficar com ela|prefiro manter|como esta|como estava
deixa ai|ficar como esta
""",
    "COME": "eu vou|vou|estarei la|vou sim|ate la|ate amanha",
    "CONFIRM": "confirmo|confirma|confirmar|confirmado|pode confirmar",
    "HEDGE": """
talvez|quem sabe|provavelmente|possivelmente|acho|acho que sim|acho que|pode ser|nao sei|sei la
nao tenho certeza|nao estou certa|nao estou certo|nao to certo|nao to certa|depende|se|so se
se for|a nao ser|a nao ser que|caso|desde que|a menos que|nao e que|nao e que nao|hum|hmm|ne
vou ver|vou pensar|deixa eu ver|deixa eu pensar|ou|imagino|suponho|suponho que sim
nao faco ideia|tanto faz|nao so|ninguem|nada|nao posso nao|nao sem
""",
    "UNWANTED": """
nao quero mais|nao preciso mais|nao o quero|nao a quero|nao quero ele|nao quero ela|ja nao quero
nao preciso dele|nao quero esse horario
""",
    "CANT": """
nao posso|posso|nao consigo|nao vou poder|nao vou conseguir|agora nao posso|nao poderei
""",
    "LATER": """
depois|mais tarde|amanha|outro dia|outra hora|logo|em breve|daqui a pouco|outro momento
da proxima|antes|primeiro|talvez depois|talvez mais tarde|outra vez
""",
    "BUT": "mas|porem|embora|exceto|contudo|menos|so que",
    "FIX": """
desculpa|desculpe|alias|quer dizer|quis dizer|digo|na verdade|perdao|opa|corrigindo
""",
    "WAIT": """
espera|espera ai|perai|pera|pera ai|espere|um momento|um segundo|um minuto|aguarda|calma
me enganei|foi mal
""",
    "ASK": """
quanto|quando|onde|quem|como|qual|tem|que|o que|por que|voce pode|e de graca|sera|sera que
""",
    "FILL": """
por favor|pfv|pf|porfavor|obrigado|obrigada|obg|brigado|brigada|muito obrigado|muito obrigada
valeu|vlw|oi|ola|bom dia|boa tarde|boa noite|tchau|o|a|os|as|meu|minha|me|eu|voce|horario
consulta|reserva minha|e|de|com|em|no horario|no dia|no mesmo|na|um|uma|quero|queria|gostaria|ja
entao|ah|oh|ai|agora|hoje|esse|essa|este|esta|pra mim|para mim|muito|do|da|senhor|senhora|amigo
amiga|que quero|isso ai|agendamento|atendimento|vc|pra|ela|ele|e isso|la
""",
}
