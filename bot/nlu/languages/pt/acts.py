"""Portuguese patterns for acts; see `patterns.py` for their syntax."""

from __future__ import annotations

MACROS: dict[str, str] = {
    "bookv": """
marcar marca marque marcado agendar agenda agende reservar reserva reserve marcaria agendo
""",
    "havev": """
quero queria gostaria preciso desejo dê dá conseguir consigo fazer faz tem têm teria posso pode
poderia podia vocês há arruma arranja me
""",
    "visit": """
horário horários consulta consultas hora vaga vagas marcação agendamento agendamentos
reserva reservas
sessão visita encaixe avaliação
""",
    "who": """
dentista médico médica doutor doutora salão salões cabeleireiro cabeleireira barbeiro barbearia
terapeuta psicólogo psicóloga clínica fisioterapeuta dermatologista ginecologista oftalmologista
especialista esteticista profissional manicure
""",
    "find": """
procurar procuro procura procurando encontrar encontre acha achar busco buscar indica recomenda
""",
    "cancelv": """
cancelar cancela cancele cancelo desmarcar desmarca desmarque desmarco cancelem anular
anula excluir
""",
    "movev": """
remarcar remarca remarque mudar muda mude mudo alterar altera altere trocar troca troque
adiar adia
adie adiantar adianta transferir transfere passar passa antecipar reagendar reagenda
""",
    "good": """
bom boa ótimo ótima perfeito certo correto excelente maravilha beleza bem ok legal show fechado
combinado tranquilo jóia
""",
    "kin": """
filho filha marido esposo esposa mulher mãe pai irmão irmã amigo amiga namorado namorada avó avô
neto neta sobrinho sobrinha sogra menino menina chefe
""",
}

ACTS: dict[str, str] = {
    "_aside": """
^ até segunda|terça|quarta|quinta|sexta|sábado|domingo $
meu calendário
previsão do
vai chover
""",
    "_errand": """
táxi|uber
meu calendário
""",
    "_done": """
é|era só|isso
só isso
por hoje
mais nada
""",
    "yes": """
^ sim|s|siim|simm|claro|ok|okay|certo|isso
^ exato|exatamente|correto|positivo|beleza|blz|bora|aham|uhum
^ confirmo|confirmado|perfeito|fechado|combinado|ótimo|show|pode|tá|ta|com|maravilha $
^ confirmo|confirmado|perfeito|fechado|combinado|ótimo|show|maravilha
^ pode ser|marcar|confirmar|reservar|agendar|sim
^ com certeza
^ por mim|favor $
de acordo
está|esta|tá|ta|é|tudo|fica|parece|tudo muito? @good
isso mesmo|aí|ai
sem problema|problemas
acho que sim
me serve
pra|para mim tá|está|serve|dá
tudo bem|certo
vamos nessa|lá
quero sim|essa|esse
""",
    "_yes": """
^ legal|bom|boa|excelente|massa|top|jóia !dia|tarde|noite|fim|semana
""",
    "no": """
^ não|nao !antes|tem|há|mais
^ não|nao|n $
^ nops|negativo|nunca|jamais|nem
hoje|agora|ainda|assim não|nao $
não|nao dá|posso|quero|é|está|consigo|serve|obrigado|obrigada|gostei|vai|rola|preciso|esse|essa
^ de jeito nenhum
acho que não|nao
está|tá errado|errada
incorreto
ainda|agora não|nao
""",
    "_no": """
melhor|prefiro|desculpa|desculpe|espera|aliás|digo
na verdade
quero|quer dizer
me enganei|confundi
mudei de
@movev
""",
    "thanks": """
obrigado|obrigada|brigado|brigada|valeu|vlw|agradeço|grato|grata|obg
""",
    "bye": """
^ tchau|adeus|xau|falou|flw|bye
^ até segunda|terça|quarta|quinta|sexta|sábado|domingo $
até logo|mais|breve|amanhã|a
é|era só isso
só isso|isso
mais nada
boa noite $
bom fim
""",
    "greet": """
^ oi|olá|ola|oie|oii|opa|hey|alô|eai|salve
bom dia
boa tarde|noite
e aí
tudo bem|bom ?
""",
    "book": """
@bookv ** @visit
quero|queria|gostaria|preciso|posso|pode|poderia|dá|vamos|como|para|pra de? @bookv
@bookv um|uma|com|para|pra|na|no|às|meu|minha|o|a
^ @bookv
@havev ** @visit
quero|queria|preciso|gostaria|fazer|faço um|uma|de|o|a * corte|coloração|limpeza
quero|queria|preciso|gostaria|fazer|faço um|uma|de|o|a * massagem|manicure|unha|barba
ir|vir|passar aí|ai|no|na|amanhã|hoje
tem|têm|teria|há|existe|sobrou * vaga|vagas|horário|horários
tem|têm|teria|há|existe|sobrou * disponível|disponibilidade|livre|encaixe|algo
quero|queria|preciso cortar|pintar|fazer
atende|atendem
""",
    "find": """
@find ** @who
@find alguém|algo|um|uma
preciso|quero|conhece|tem|há de? um|uma|algum|alguma|outro|outra @who
""",
    "_see": """
ir|ver|visitar ao|no|na|um|uma|o|a * @who
""",
    "_area": """
@who em|perto
perto de|daqui
""",
    "_pick": """
esse|essa|este|esta|isso
""",
    "_else": """
outro|outra|outros|outras|diferente|mais @who
outro|outra|outros|outras lugar|salão|opção
""",
    "move": """
^ mudar $
@movev * @visit|data|dia
@movev o|a|meu|minha
remarcar|reagendar|adiar|antecipar|remarca|remarque
posso|poderia|quero|queria|preciso|gostaria de? @movev
""",
    "_alter": """
melhor
muda|mude|troca|troque|passa|passe|coloca|coloque|bota para|pra|pro
em vez|lugar de
pode|poderia|podemos ser|fazer
""",
    "ask_status": """
está|esta|tá|ta|já|ja está|esta|tá? confirmado|confirmada|aprovado|aprovada|marcado|marcada|certo
foi confirmado|confirmada|aprovado|aprovada|aceito
ficou confirmado|confirmada|marcado|marcada
continua|ainda de pé|está|tá
""",
    "_moveit": """
muda|mude|passa|passe|troca|troque|altera|altere para|pra|de|da|do|das|isso|pro
@movev isso|ela|ele|la|lo para|pra|de|da|do|$
mudá|passá|trocá|alterá la|lo para|pra
pode|podemos|podes|consegue @movev para|pra|de|da|do|isso|$
""",
    "_cant": """
não|nao vou? posso|consigo|poderei|poder|conseguir ir|comparecer|vir !antes|depois|até
não|nao vou poder|conseguir !antes|depois|até
não|nao posso|poderei|consigo na|no|amanhã|hoje|nesta|neste !antes|depois|até
""",
    "cancel": """
@cancelv
não|nao vou|posso mais !cedo|tarde
não|nao quero|preciso mais
""",
    "cancel_all": """
@cancelv * todos|todas|tudo|ambos|ambas
""",
    "my_bookings": """
meus|minhas @visit
^ agendamentos|marcações|reservas|consultas $
quando|que|qual|quais * meu|minha|meus|minhas|próximo|próxima @visit
tenho algum|alguma|algo|um|uma @visit|marcado|marcada|agendado
ver|mostra|mostrar|consultar|mostre meu|meus|minha|minhas @visit
o que|q tenho marcado|agendado
que horas|hora é|era|tenho|eu|está
meu|minha @visit
""",
    "ask_price": """
quanto custa|é|fica|sai|cobra|cobram|custam|está|seria|vale
preço|preços|valor|valores|tabela|orçamento
qual|quanto * preço|valor
""",
    "ask_address": """
onde fica|ficam|é|vocês|está|estão|são|é|vcs
onde * fica|ficam|localizado|localizada|encontro|salão|clínica
endereço|localização|morada
como chego|chegar|faço|eu * chegar|chego|aí|ai
que|qual rua|endereço|bairro
^ onde $
""",
    "ask_hours": """
horário de|das funcionamento|atendimento|abertura
horários de|das funcionamento|atendimento
que|quais horas|hora|horário|dias * abre|abrem|fecha|fecham|funciona|funcionam
abre|abrem|aberto|abertos|fecha|fecham|fechado|funciona|funcionam|abertas|aberta
até que horas|hora
""",
    "ask_phone": """
telefone|telemóvel|celular|tel|whatsapp|zap|fone
número de contato|contacto|telefone
contato|contacto
como entro|falo|ligo|posso * contato|ligar|vocês|contacto
""",
    "ask_rating": """
avaliação|avaliações|nota|notas|estrelas|opiniões|comentários|reputação
é|são bom|boa|bons|boas|recomendado
""",
    "ask_duration": """
quanto tempo|demora|dura|leva|demoram
duração
""",
    "ask_who": """
quem
com quem
qual|que profissional|cabeleireiro|cabeleireira|médico|barbeiro
""",
    "ask_parking": """
estacionar|garagem
estacionamento
""",
    "ask_payment": """
pagar|pagamento|cartão|dinheiro|pix|mbway|débito|crédito|convênio|parcela|parcelar|sinal|seguro
aceita|aceitam
""",
    "ask_preparation": """
o|que que? tenho|devo|preciso|é de|que? levar|trazer|fazer|preparar
que devo|levo|trago levar|trazer
tenho|devo|preciso de|que? levar|trazer|preparar|jejum|lavar
preparação|preparo
""",
    "ask_offers": """
vocês|vcs|você fazem|faz|oferecem|trabalham|atendem|têm|tem
fazem|oferecem|trabalham|realizam
é unissex
unissex
""",
    "late": """
atrasado|atrasada|atrasar|atraso|atrasando|atrasei|atrasarei
minutos|min de? atrasado|atraso
preso|presa no trânsito
""",
    "human": """
falar|conversar|contato com|c * pessoa|atendente|alguém|humano|gente|recepção|gerente|dono
pessoa|atendente|humano real|de|humano
atendente|recepcionista
me liga|ligue|liguem
""",
    "help": """
^ ajuda|ajude|socorro|info
me ajuda|ajude
como funciona|usa|isso
o que|q você|vc|posso faz|fazer
não entendi
""",
    "menu": """
^ menu|opções|início $
menu principal
""",
    "back": """
^ voltar|volta|anterior|atrás $
quero voltar
volta|voltar atrás|um
""",
    "start_over": """
começar|recomeçar|comece|voltar de|do|tudo|ao novo|início|zero|começo
^ recomeçar|reiniciar|reinicia $
do zero|início
""",
    "stop": """
^ sair|parar|pare|stop|descadastrar|cancelar $
não quero|me mais? receber|mandem|mande|envie|enviem|mensagens
para|pare|parem de * mandar|enviar|mensagens|escrever
sair da lista
""",
    "start": """
^ start|inscrever|cadastrar $
""",
    "language": """
fala|falar|falam|em|mudar|muda|prefiro|idioma * inglês|espanhol|português|hindi|idioma
^ inglês|espanhol|português|hindi|english $
outro idioma
""",
    "other": """
outro|outra|outros|outras|diferente|diferentes|alternativa|alternativas
mais opções|horários
alguém|algo mais
^ nenhum|nenhuma
""",
    "other_shop": """
outro|outra|diferente salão|barbearia|clínica|loja|estúdio|unidade|estabelecimento|spa
em outro|noutro lugar|sítio|local
não|nao nesse|neste|esse|este|nessa|nesta|essa|esta salão|barbearia|clínica|loja|lugar|unidade
mudar|trocar|muda|troca de salão|barbearia|clínica|loja|lugar|unidade
""",
    "any_time": """
qualquer|quaisquer hora|horário|momento|horários
a qualquer hora|momento
quando puder|quiser|der|for|tiver|houver
o horário|hora não|tanto importa|faz
tanto faz o|a horário|hora
você|vc escolhe|decide
pode escolher $
""",
    "any_day": """
qualquer|quaisquer dia|data
quando puder|quiser|der|for|tiver|houver
tanto faz o|a dia|data
o dia não importa
""",
    "more_people": """
posso|pode|podemos * meu|minha @kin vir|ir|também|junto
meu|minha @kin pode|poderia * vir|ir|também|junto
posso|podemos levar|trazer meu|minha|a|o @kin
para|pra dois|duas|três|quatro|2|3|4|ambos|nós pessoas|dois|duas
somos dois|duas|três|quatro|cinco|2|3|4|5 pessoas|adultos
para|pra mim e pra|para|meu|minha|o|a
meu|minha @kin também
nós dois|duas $
""",
    "wait": """
^ espera|espere|aguarda|aguarde|calma aí|ai|um|uma|só|$
^ espera|espere|aguarda|aguarde|calma|peraí|perai|pera $
^ um|só|1 momento|segundo|minuto|instante|momentinho|minutinho|um
^ me? dá|dê|da um momento|segundo|minuto|tempo
^ deixa|deixe eu|me ver|pensar|perguntar|conferir|olhar|checar
^ vou ver|pensar|perguntar|conferir|confirmar !com|de
já te falo|digo|aviso
""",
    "drop": """
^ esquece|esqueça|esquecer|esqueçam !de
^ deixa|deixe pra|para|lá|quieto|assim lá|depois|$
^ deixa pra lá
^ não|nao precisa|quero mais $
^ mudei|mudar de ideia $
^ desisto|desisti
""",
    "earlier": """
mais cedo
algo|pouco|hora|horas|dia antes !de|da|das|do|que
antecipar|adiantar
""",
    "later": """
^ mais tarde !que|de
algo|pouco|hora|horas mais? tarde|depois
muito mais tarde
^ depois !de|das|da|do|que
""",
    "same_as_last": """
o|a mesmo|mesma !dia
como|igual sempre|antes|a|da|à última|sempre|vez|passada
da última vez
como|igual sempre
de sempre
igual à|a|da
""",
    "for_other": """
para|pra|pro o|a? meu|minha|meus @kin
pro|pra|para meu|minha|o @kin
meu|minha @kin quer|precisa
para|pra outra pessoa
para|pra alguém
""",
    "anyone": """
qualquer um|uma|pessoa|profissional
tanto faz !o|a|hora|dia|horário
não|nao importa|tenho|ligo * preferência|quem|importa
quem tiver|estiver|for|puder
sem preferência
""",
    "emergency": """
emergência|ambulância|192|112|samu|911
não|nao consigo respirar
infarto|derrame|suicídio|overdose|inconsciente
dor no|forte|insuportável|de peito|no
me matar
sangrando|hemorragia
""",
}
