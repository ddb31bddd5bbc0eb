"""Portuguese words and phrases, each with what it may mean."""

from __future__ import annotations

from bot.nlu.lexicon import TagValue

WORDS: dict[str, dict[str, TagValue]] = {
    "NUM": {
        "zero": 0,
        "um|uma": 1,
        "dois|duas": 2,
        "três": 3,
        "quatro": 4,
        "cinco": 5,
        "seis|meia dúzia": 6,
        "sete": 7,
        "oito": 8,
        "nove": 9,
        "dez": 10,
        "onze": 11,
        "doze": 12,
        "treze": 13,
        "quatorze|catorze": 14,
        "quinze": 15,
        "dezesseis|dezasseis": 16,
        "dezessete|dezassete": 17,
        "dezoito": 18,
        "dezenove|dezanove": 19,
        "vinte": 20,
        "trinta": 30,
        "quarenta": 40,
        "cinquenta": 50,
        "um par de": 2,
    },
    "ZERO": {"zero|e zero": 1},
    "TENS": {"vinte": 20, "trinta": 30, "quarenta": 40, "cinquenta": 50},
    "TENSAND": {"e": 1},
    "ORD": {
        "primeiro|primeira": 1,
        "segundo|segunda": 2,
        "terceiro|terceira": 3,
        "quarto|quarta": 4,
        "quinto|quinta": 5,
    },
    "SUFFIX": {"º|ª|°|o|a": 1},
    "MONTH": {
        "janeiro|jan": 1,
        "fevereiro|fev": 2,
        "março": 3,
        "abril|abr": 4,
        "maio": 5,
        "junho|jun": 6,
        "julho|jul": 7,
        "agosto|ago": 8,
        "setembro|set": 9,
        "outubro|out": 10,
        "novembro|nov": 11,
        "dezembro|dez.": 12,
    },
    "WEEKDAY": {
        "segunda|segunda-feira|segunda feira|seg|segundas|às segundas": 0,
        "ter|terça|terça-feira|terça feira|terças|às terças": 1,
        "qua|quarta|quarta-feira|quarta feira|quartas|às quartas": 2,
        "qui|quinta|quinta-feira|quinta feira|quintas|às quintas": 3,
        "sex|sexta|sexta-feira|sexta feira|sextas|às sextas|sextou": 4,
        "sábado|sáb|sábados|aos sábados": 5,
        "domingo|domingos|aos domingos": 6,
    },
    "WEAKER": {"seg|ter|qua|qui|sex": 1},
    "FEIRA": {"feira|feiras|f": 1},
    "MANY": {
        "segundas|às segundas|terças|às terças|quartas|às quartas|quintas|às quintas|sextas"
        "|às sextas|sábados|aos sábados|domingos|aos domingos": 1,
    },
    "DAYREL": {
        "hoje|hj|hoje mesmo": 0,
        "hoje à noite|esta noite|essa noite": 0,
        "hoje à tarde|esta tarde|essa tarde": 0,
        "hoje de manhã|esta manhã|essa manhã": 0,
        "amanhã|amanha|amnh": 1,
        "dps de amanhã|dps amanhã|depois de amanhã|depois de amanha|depois d amanhã": 2,
        "ontem": -1,
        "anteontem": -2,
    },
    "PART": {
        "de manhã|da manhã|pela manhã|na parte da manhã|manhã|manhãs|hoje de manhã|esta manhã"
        "|essa manhã|de manha": "morning",
        "cedo|cedinho|bem cedo|primeira hora|logo cedo|no primeiro horário|primeiro horário"
        "|à primeira hora": "first_thing",
        "no meio da manhã|fim da manhã|final da manhã|no fim da manhã|no final da manhã"
        "|antes do almoço": "late_morning",
        "hora do almoço|na hora do almoço|no almoço|horário de almoço"
        "|no horário de almoço|no meio do dia|meio do dia": "lunch",
        "à tarde|da tarde|de tarde|na parte da tarde|pela tarde|tarde|tardes|hoje à tarde"
        "|esta tarde|essa tarde|a tarde": "afternoon",
        "depois do almoço|início da tarde|começo da tarde|no início da tarde": "early_afternoon",
        "fim da tarde|final da tarde|fim de tarde"
        "|no fim da tarde|final de tarde|no final da tarde"
        "": "late_afternoon",
        "à noite|da noite|de noite|noite|noites|hoje à noite|esta noite|essa noite|pela noite"
        "|a noite|à noitinha": "night",
        "madrugada|da madrugada|de madrugada": "dawn",
        "fim do dia|final do dia|no fim do dia|no final do dia|último horário": "end_of_day",
        "depois do trabalho|após o trabalho|depois do expediente|saindo do trabalho": "after_work",
        "antes do trabalho": "before_work",
    },
    "NOON": {"meio-dia|meio dia|ao meio-dia|ao meio dia": 720, "meia-noite|meia noite": 0},
    "AMPM": {"am|a . m .|a m": "am", "pm|p . m .|p m": "pm"},
    "OCLOCK": {"em ponto|hs|hrs": 1},
    "HOURWORD": {"horas|hora": 1},
    "TO": {"quinze para as|quinze pras|quinze para a|quinze pra": 15},
    "TOWORD": {"para as|pras|para a|pra|para o|pro|para|antes do|antes das": 1},
    "PLUS": {"e meia": 30, "e um quarto|e quarto": 15, "menos um quarto|menos quarto": -15},
    "PLUSWORD": {"e": 1, "menos": -1},
    "AFTER": {
        "não antes das|não antes da|não antes de|depois das|depois da|depois de|depois do"
        "|após as|após a|após|a partir das|a partir da"
        "|a partir de|a partir do|desde as|mais tarde que as|passando das": 1,
    },
    "BEFORE": {
        "antes das|antes da|antes de|antes do|até as|até às|até a|até|no máximo às|no máximo até"
        "|no mais tardar às": 1,
    },
    "AROUND": {
        "por volta das|por volta da|por volta de|lá pelas|lá pela|perto das|perto da|umas"
        "|aproximadamente às|em torno das|mais ou menos às|cerca das|tipo|pelas|pela": 1,
    },
    "POSTAFTER": {"em diante|ou mais tarde|ou depois|pra frente|para frente": 1},
    "POSTBEFORE": {"ou antes|no máximo": 1},
    "POSTAROUND": {"mais ou menos|ou por aí|aproximadamente|e pouco|e pouquinho": 1},
    "BETWEEN": {"entre os dias|entre o dia|entre|entre as|entre a|entre o|das|da|de|do|desde": 1},
    "FROM": {
        "desde|de|a partir de|das|da|do|desde as|a partir da|a partir do|a partir das"
        "|não antes das|não antes da|não antes de": 1
    },
    "AND": {"e|&|a|às|até|-|–|—|ao": 1},
    "RANGE": {"para as|pras|a|às|até|até às|até as|-|–|—|ao|e as|e a|até o|para|pra": 1},
    "OR": {"ou|/": 1},
    "AT": {"às|à|as|@|para as|pras|para|pra|por|a": 1},
    "STRICTAT": {"às|à|as|@|para as|pras": 1},
    "ON": {"na|no|nesta|nessa|neste|nesse|para|pra|em|no dia|para o dia|pro": 1},
    "THE": {"o|a|os|as": 1},
    "DAYTHE": {"entre os dias|entre o dia|dia|o dia|no dia|para o dia|pro dia": 1},
    "OF": {"de|do|da|deste|desse|desta|dessa": 1},
    "IN": {"em|daqui a|daqui|dentro de": 1},
    "HALFMONTH": {"quinzena": 1},
    "REST": {"resto|restante": 1},
    "STARTING": {"que começa|que inicia": 1},
    "NUMBERED": {
        "sala|prédio|quarto|andar|porta|mesa|linha|loja|apartamento|apto|bloco|nível|número de": 1
    },
    "HOLIDAY": {
        "natal|dia de natal": 1225,
        "réveillon|reveillon|véspera de ano novo": 1231,
        "ano novo": 101,
        "dia dos namorados": 612,
    },
    "EVE": {"véspera|na véspera": 1},
    "HALFMORE": {"e meia": 30},
    "SHIFT": {"mais tarde|depois|mais pra frente": 1, "mais cedo|antes": -1},
    "THIS": {"este|esta|esse|essa|deste|desta|desse|dessa|nesta|neste|nessa|nesse": 1},
    "COMING": {
        "próximo|próxima|que vem|q vem|seguinte|na próxima|no próximo|prox|da próxima|do próximo": 1
    },
    "LAST": {"passado|passada|último|última": 1},
    "WEEK": {"semana|a semana": 1},
    "WEEKS": {"semanas|semana": 1},
    "MONTHW": {"mês": 1},
    "MONTHS": {"meses|mês": 1},
    "DAYW": {"dia|data": 1},
    "DAYS": {"dias|dia": 1},
    "HOURS": {"hora|horas": 60},
    "MINUTES": {"minuto|minutos|min|mins": 1},
    "HALFHOUR": {"meia hora": 30, "uma hora": 60, "uma hora e meia": 90},
    "A": {"um|uma": 1},
    "WEEKEND": {"fim de semana|final de semana|fds|fins de semana|fim-de-semana": 1},
    "WORKDAYS": {"dia de semana|dias de semana|dia útil|dias úteis|durante a semana": 1},
    "END": {"fim do|final do|fim de|no fim do|no final do|fim da|final da": 1},
    "BEGIN": {"começo do|início do|no começo do|no início do|começo de|início de|começo da": 1},
    "MIDDLE": {
        "meados de|meio do|no meio do|meados do|na metade do|metade do|meio da|no meio da": 1
    },
    "FROMNOW": {"a partir de hoje": 1},
    "NOT": {
        "não|menos|menos na|menos no|exceto|exceto na|exceto no|fora|salvo|nem|sem|tirando"
        "|que não seja|não com|não quero|não na|não no|não posso na|não posso no|com exceção de"
        "|n|nao|não um|não uma|não às|não posso|não consigo|não consigo ir"
        "|não posso ir|não vou poder"
        "|não posso às|não consigo às|trabalho|estou ocupado|estou ocupada": 1,
    },
    "BUT": {"mas não": 1},
    "ANY": {"qualquer|qualquer dia|todos|qualquer um": 1},
    "NEGPOST": {
        "não consigo ir|não posso ir|não vou poder|"
        "não posso|não dá|não consigo|não serve"
        "|não rola|não|não funciona|não é possível|não vai dar|não dá para mim"
        "|não dá pra mim|não me serve"
        "|fica ruim|é ruim|não é bom|é muito tarde|é muito cedo|é tarde demais|é cedo demais"
        "|está lotado|tá lotado|não gosto|trabalho|eu trabalho|estou ocupado|estou ocupada"
        "": 1,
    },
    "CORRECT": {
        "melhor|não|desculpa|desculpe|aliás|quero dizer|na verdade|prefiro|muda para|espera"
        "|em vez de|ou melhor|digo|opa|quer dizer": 1,
    },
    "SAMEDAY": {"mesmo dia|no mesmo dia|nesse dia|esse dia|neste dia": 0},
    "DAYAFTER": {
        "no dia seguinte|o dia seguinte|dia seguinte": 1,
        "um dia antes|o dia anterior": -1,
    },
    "SOON": {
        "o quanto antes|quanto antes|o mais rápido possível|o mais cedo possível|agora mesmo"
        "|assim que possível"
        "|o mais breve possível|primeiro horário disponível|o primeiro que tiver"
        "|logo que possível|já|urgente": "asap",
    },
    "PLACE": {"rua|andar|opção|vez|pessoa|lugar|avenida|praça|porta|apartamento": 1},
    "MONEY": {"€|$|r$|euro|euros|reais|real|%|eur|brl": 1},
    "COUNTED": {
        "pessoas|pessoa|crianças|filhos|filhas|anos|ano|vezes|horários|serviços|estrelas|km": 1
    },
    "NAMEIS": {
        "me chamo|meu nome é|o meu nome é|chamo-me|em nome de"
        "|no nome de|sou o|sou a|eu sou|aqui é"
        "|meu nome|nome|sou": 2,
    },
    "FORMY": {
        "para meu|para minha|para o meu|para a minha|pro meu|pra minha|meu|minha|do meu|da minha": 1
    },
    "KIN": {
        "filho|filha|marido|esposo|esposa|mulher|mãe|pai|irmão|irmã|amigo|amiga|namorado|namorada"
        "|avô|avó|neto|neta|primo|prima|sobrinho"
        "|sobrinha|menino|menina|chefe|sogra|sogro|tia|tio": 1
    },
    "POLITE": {
        "por favor|pfv|pf|ok|tá|sim|obrigado|obrigada|oi|olá|o|a|e|bom|número|opção|beleza|quero": 1
    },
    "CHOICE": {"opção|número|a opção|o número|nº|#": 1},
    "ONE": {"opção|horário": 1},
    "WITH": {"com|com a|com o": 1},
    "LANGUAGE": {
        "inglês|em inglês": "en",
        "espanhol|em espanhol": "es",
        "português|em português": "pt",
        "hindi": "hi",
    },
    "PLAIN": {
        "bom dia|boa tarde|boa noite|bom fim de semana|boa semana|mais tarde|muito tarde"
        "|atrasado|chegar tarde|um dia|outro dia|algum dia|por dia|uma vez|outra vez|de uma vez"
        "|da última vez|a última vez|primeira vez|mais cedo|um horário|uma hora|um corte|até logo"
        "|até mais|até amanhã|até breve|uma pergunta|uma coisa|um momento|de nada|tarde demais"
        "|no seu nome|uma reserva|uma consulta|um minuto|que horas|a hora|mais uma": 1,
    },
}
