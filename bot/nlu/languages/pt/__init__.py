"""Portuguese, of Brazil and of Portugal."""

from __future__ import annotations

from bot.nlu.languages.pt.acts import ACTS, MACROS
from bot.nlu.languages.pt.words import WORDS
from bot.nlu.lexicon import build_language

COMMON = """
o a os as um uma uns umas de do da dos das em no na nos nas por pelo pela para pra pro com
sem sobre
entre até e ou que qual quais quem quando como onde quanto quanta eu tu você vocês vc vcs
ele ela nós
eles elas me te se lhe nos meu minha meus minhas seu sua seus suas este esta esse essa
isso isto aquele
aquela aqui aí ali lá ser sou é és somos são era foi seja estar estou está tá estamos
estão haver há
ter tenho tem temos têm tinha fazer faço faz fazem ir vou vai vamos vão poder posso pode
podem podia
poderia querer quero quer queria gostaria preciso favor obrigado obrigada oi olá bom boa
bem mal sim
não já muito mais menos melhor pior tudo todo toda todos todas algo alguém nada ninguém
outro outra
mesmo mesma também só sempre nunca ainda logo depois antes agora cedo coisa vez vezes dia
dias hora
horas semana mês ano homem mulher cabelo barba unha unhas corte cortar pintar coloração
lavar escova
dente dentes pele cara mão pé cabeça costas corpo dor limpeza senhor senhora livre
disponível serviço
serviços preço pessoa dar dá ver sei sabe dizer diz gente lugar falar porque mas ok okay
seria à às ao
aos marcado
"""
FILLERS = """
oi olá ola bom então e mas ah é ei opa olha desculpa obrigado obrigada pois ok aliás
"""
JOINS = "e mas então também porque"

PORTUGUESE = build_language("pt", WORDS, ACTS, MACROS, COMMON, FILLERS, JOINS)
