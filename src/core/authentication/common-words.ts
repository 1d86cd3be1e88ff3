// What passwords are made of all over the world, in lower case and without accents: data for the blocklist, written
// down by hand and measured against public lists. Variations (case, digits for letters, backwards, endings) need no entry of their own.

import { foldWord } from './folding.ts'
import { KNOWN_PASSWORDS } from './known-passwords.ts'

/** Words that hold passwords together. */
const LITTLE = `
an am as at be by do go he hi if in is it me my no of oh ok on or so to up us we ya yo
all and any are bad big boy but can day did don end for fun get god got had has her him his hot how its let man may
men new nice not now off old one our out own put red run sad saw say sea see set sex she sky sun the too top try two use
was way who why win wow yes yet you your this that with from have they will what when were been just like more some
them then than very much many only over into here there where best good ever every never always about these those
mein dein und der die das ist ich bin du mi tu el la los las es un una soy te le les des est mon ma mes je il lo di che
`

/** The words of the most popular passwords. */
const FAVOURITE = `
password passwort passwd passcode passphrase passw pass parola contrasena contrasenia senha senhas motdepasse wachtwoord
haslo salasana losenord adgangskode sifre heslo jelszo parool kodeord passord parole mima pasahitza
pwd login logon logmein letmein letme iamgod opensesame secret secrets geheim segredo secreto geheimnis
admin administrator admins adm root toor superuser sysadmin webmaster master user username users guest test tester
testing teste prueba default temp temporary changeme changeit welcome willkommen bienvenue bienvenido bemvindo hello
hallo hola bonjour ciao salut system account access server service support
qwerty qwertz azerty qwert qazwsx zxcvbn asdfgh qweasd qweasdzxc wasd ytrewq
iloveyou iloveu ilove loveyou loveme lovely lover love luv tequiero teamo amor amore jetaime ichliebedich liebe
princess monkey dragon sunshine football baseball superman batman shadow michael jordan jessica ashley charlie
thisismypassword thisis mypassword mypass thepassword yourpassword nopassword passwordis itsme whoami
trustno trustnoone starwars whatever freedom killer flower soccer hockey pokemon naruto minecraft roblox
abc abcd abcdef abcde xyz
spring summer autumn fall winter january february march april june july august september october november december
monday tuesday wednesday thursday friday saturday sunday
fruhling sommer herbst primavera verano otono invierno estate inverno printemps hiver
januar februar marz mai juni juli oktober dezember enero febrero marzo abril mayo junio julio agosto septiembre octubre
noviembre diciembre montag dienstag mittwoch donnerstag freitag samstag sonntag lunes martes miercoles jueves viernes
sabado domingo correcthorsebatterystaple correcthorse batterystaple tobeornottobe thatisthequestion maytheforcebewithyou
thequickbrownfox quickbrownfox lazydog itsasecret donttellanyone
secure security company business office computer internet online website windows microsoft google facebook apple
samsung android iphone amazon linkedin twitter instagram youtube gmail hotmail yahoo outlook
`

/** Russian; typed on a Latin keyboard they are popular far beyond Russia. */
const RUSSIAN = `
пароль привет любовь солнце солнышко админ доступ секрет люблю тебя люблютебя мама папа семья дом друг друзья россия
москва киев питер спартак локомотив динамо зенит цска футбол хоккей звезда зима весна лето осень январь февраль март
апрель июнь июль август сентябрь октябрь ноябрь декабрь понедельник вторник среда четверг пятница суббота воскресенье
александр александра алексей алена алина алла анастасия анатолий андрей анжела анна антон артем артур борис вадим
валентина валерия василий вера вероника виктор виктория виталий владимир владислав галина георгий григорий даша дарья
денис диана дима дмитрий евгений евгения екатерина елена елизавета жанна женя иван игорь илья инна ирина ирочка карина
катя катюша кирилл константин кристина ксения лариса леночка лена лида лиза людмила макс максим марина мария маша машка
михаил надежда настя наташа наталья никита николай оксана олег оля ольга павел петр полина роман руслан саша светлана
света сергей слава собака станислав степан таня татьяна тимур федор юлия юля юрий яна ярослав котенок кошка котик медведь
тигр волк дракон ангел бог боже жизнь смерть победа сила удача счастье деньги работа школа машина компьютер интернет
самсунг корова королева принцесса красотка клубника конфетка шоколад карамель снежинка зайка рыбка малыш малышка
мандарин марианна аленка аленушка бабушка дедушка космос галактика матрица медведь орел сокол хуй блять сука йцукен йцукенг фывап ячсмить
`

/** The columns of a keyboard, down and up, and the lines of a number pad. */
const COLUMNS = `
147 258 369 741 852 963 159 357 753 951
qaz wsx edc rfv tgb yhn ujm zaq xsw cde vfr bgt nhy mju 1qaz 2wsx 3edc 4rfv 5tgb 6yhn 7ujm 1qa 2ws 3ed 4rf 5tg 6yh 7uj
`

/** Names. */
const NAMES = `
aaron abby abigail adam adrian adriana alan albert alberto alejandra alejandro alex alexa alexander alexandra alexandre
alexis alfred alfredo alice alicia alison allen allison alyssa amanda amber amelia amy ana anderson andre andrea andreas
andrei andres andrew andy angel angela angelica angelina angelo angie anita anna anne annie anthony antonio april ariana
ariel arnold arthur arturo ashlee ashleigh audrey austin ava bailey barbara barry beatriz becky ben benjamin bernard
bernardo beth betty beverly bianca bill billy blake bob bobby bonnie brad bradley brandi brandon brandy brenda brendan
brent brett brian briana brianna bridget brittany brooke brooklyn bruce bruno bryan caitlin caleb callum calvin cameron
camila camille candy carina carl carla carlo carlos carmen carol carolina caroline carolyn carrie carter casey cassandra
cassie catarina catherine cathy cecilia celeste cesar chad chandler chantal charles charlotte chase chelsea cheryl chloe
chris chrissy christian christie christina christine christopher christy chuck cindy claire clara clarence clark claude
claudia claudio clayton clinton cody colin colleen collin connie connor conrad corey courtney craig cristian cristiano
cristina crystal curtis cynthia daisy dakota dale dallas damian damien dan dana daniel daniela daniele daniella danielle
danny daphne darius darren dave david dawn dean deborah debbie dean denis denise dennis derek derrick devin devon dexter
diana diane diego dolores dominic dominik dominique don donald donna doris dorothy doug douglas duncan dustin dwayne
dylan earl eddie edgar eduardo edward edwin eileen elaine eleanor elena elias elijah elisa elisabeth elizabeth ella ellen
elliot elvis emanuel emerson emilia emilie emilio emily emma enrique eric erica erick erik erika erin ernest ernesto
estelle esteban esther ethan eugene eva evan evelyn fabian fabio fabrice fatima felicia felipe felix fernanda fernando
fiona florian frances francesca francesco francis francisco franck frank frankie franz fred freddie frederic freddy
gabby gabriel gabriela gabriella gabrielle garrett gary gavin gemma gene geoffrey george georgia gerald gerard gerardo
gilbert gina giovanni gloria gonzalo gordon grace graham greg gregory guillaume guillermo gustavo hailey hannah hans harley
harold harriet harrison harry harvey hasan hassan heather hector heidi helen helena helga henry herbert herman holly
hope howard hugo hunter ian ibrahim ignacio irene iris isaac isabel isabella isabelle ivan jack jackie jackson jacob
jacqueline jade jaime jake james jamie jan jane janet janice jared jasmin jasmine jason javier jay jayden jean jeanette
jeff jeffrey jenna jennifer jenny jeremiah jeremy jerome jerry jesse jessie jesus jill jim jimmy joan joanna joanne
joao joaquin jodie joe joel johan johanna johannes john johnny johnson jonathan jordi jorge jose josef joseph josephine
josh joshua joyce juan juanita judith judy julia julian juliana julie julien juliet julio julius justin justine karen
karina karl karla kate katelyn katherine kathleen kathryn kathy katie katrina kayla keith kelly kelsey ken kendra kenneth
kenny kerry kevin kim kimberly kirsten klaus kristen kristin kristina kristine kurt kyle lance lara larry laura lauren
laurence laurent laurie lawrence leah lee leila lena leo leon leonard leonardo leslie lewis liam lily linda lindsay
lindsey lisa logan lola lorena lorenzo lori lorraine louis louise lucas lucia luciana lucy luis luisa luke lydia lynn
mackenzie maddie madeline madison maggie malcolm manuel manuela marc marcel marcela marcelo marcia marco marcos marcus
margaret maria mariana marianne marie marina mario marion marisol marissa mark markus marlene marta martha martin martina
marvin mary mason mateo mathew mathieu matilda matt matteo matthew matthias maurice mauricio max maxime maximus maxwell
megan melanie melinda melissa mercedes mia michaela michel michele michelle miguel mike mikey mila miles milena miranda
miriam mitchell mohamed mohammad mohammed moises molly monica monique morgan moritz murphy muhammad mustafa nadia nadine
nancy naomi natalia natalie natasha nathalie nathan nathaniel neil nelson nicholas nick nicky nico nicola nicolas nicole
nikita nikki nikolas nina noah noel noemi nora norbert norma norman octavio oliver olivia olivier omar oscar otto owen
pablo paige pamela paola pascal pat patricia patricio patrick patty paul paula paulina pauline paulo pedro penelope
penny perry pete peter phil philip philippe phillip phoebe pierre priscilla quentin rachel rafael ralph ramiro ramon
ramona randy raphael raul ray raymond rebecca reginald renata rene renee ricardo richard rick ricky riley rita rob robbie
robert roberta roberto robin rocio rodney rodrigo roger roland roman romeo ronald ronaldo ronnie rosa rosario rose
rosemary rosie ross roy ruben russell ruth ryan sabine sabrina sally salvador sam samantha samir sammy samuel sandra
sandy santiago sara sarah sasha saul scott sean sebastian serena serge sergei sergey sergio shane shannon sharon shaun
shawn sheila shelby sherry shirley sierra silvia simon simone sofia sonia sophia sophie spencer stacey stacy stanley
stefan stefanie stella stephan stephane stephanie stephen steve steven stewart stuart sue summer susan susana susanne
suzanne sven svetlana sydney sylvia tamara tammy tania tanya tara tatiana taylor ted teresa terry thea theo theodore
theresa thiago thomas tiffany tim timothy tina todd tom tomas tommy toni tony tracey tracy travis trevor tristan troy
tyler ursula valentin valentina valeria valerie vanessa vera vernon veronica vicky victor victoria vincent vincenzo
virginia vivian vladimir wallace walter wanda wayne wendy wesley whitney wilhelm will william williams willie wilson
wolfgang xavier yasmin yolanda yvette yvonne zachary zoe smith jones brown davis miller garcia martinez rodriguez lopez
hernandez gonzalez perez sanchez ramirez torres flores rivera gomez silva santos oliveira souza ferreira mueller schmidt
schneider fischer weber meyer wagner becker schulz hoffmann kumar singh sharma patel khan ahmed nguyen tran ivanov
adrienne aleksandr aleksandra alessandro alessandra anastasia beatrice brigitte brittney campbell charlene charlton crawford
cleopatra kleopatra ekaterina elizaveta ferguson florence francine gerhard giovanna giuseppe gretchen guillermina hannibal
karolina katarina kayleigh konstantin laetitia lenochka marjorie mckenzie reynolds sherwood sinclair stanislav sullivan
thompson veronika viktoria viktoriya vladislav leonidas geronimo napoleon columbus shakespeare beethoven chopin washburn
anderson armstrong peterson robinson jackson thompson richardson phillips edwards stewart morris rogers bennett hughes
`

/** Everything else that is somebody's favourite: animals, clubs, brands, heroes, music, places, tender and rude words. */
const COMMON = `
animal badger bandit bear bears beast bird birdie birds buffalo bull bulldog bullet bunny buster butterfly camel canary
cat cats cheetah chicken cobra cougar coyote crow deer dinosaur doggie doggy dog dogs dolphin dolphins donkey duck ducks
eagle eagles elephant falcon falcons ferret fish fisher fishing fishes frog frogs gator gators giraffe goat goldfish
gorilla hamster hawk hawks hippo honeybee hornet hornets horse horses husky iguana jaguar jaguars kangaroo kitten kittens
kitty kittycat koala ladybug leopard lion lions lizard llama monkeys moose mouse mustang mustangs octopus otter owl
panda pandas panther panthers parrot penguin penguins pheonix phoenix pig piglet pigs pony poodle puppies puppy puppydog
python rabbit rabbits raccoon ram rams raptor raptors raven ravens rhino robin rooster salmon scorpion scorpio seahorse
seal shark sharks sheep skunk snake snakes sparrow spider squirrel stallion swan tiger tigers tigger trout turkey turtle
turtles unicorn unicorns viper vipers walrus wasp whale wildcat wildcats wolf wolverine wolverines wolves zebra
anchor apples arrow arsenal asshole asdf athena atlanta atlas avatar awesome babe babes baby babyboy babydoll babygirl
babylon bacon badass badboy badgirl balloon banana bananas barcelona barney baseball basketball bastard batman batista
beach beaches beauty beautiful bella bellisima benfica berlin bestfriend biatch bigboy bigdaddy bigdick bigdog birthday
biscuit bitch bitches biteme blabla blackberry black blackcat blackie blackjack blacky bless blessed blessing blink
blonde blondie blood bloody blossom blowme blue bluebird blueberry blueeyes bluesky bmw bond bonjovi boobies boobs booboo
booger boogie boomer boston bowling brasil brazil braves bread brewer britney broncos brother brothers brownie bubba
bubble bubbles buddha buddy budlight bugsbunny bullshit burger business butter buttercup butthead button cactus cadillac
calgary california camaro canada cancer candle captain caramel cardinal cardinals carebear carlito carnaval carpediem
cartman cartoon casino casper castle celtic celtics cerveza champion champions chance change channel chaos charger
charlie1 charmed cheche cheer cheerleader cheese cheesecake cherry chester chicago chicken chicks chico chicago china
chinita chivas chocolat chocolate chocolates chopper chris1 christ christmas chronic chubby chuckie cinderella cinnamon
citroen classic clover cocacola cocaine coconut coffee college colombia colorado colors comet compaq computers condor
cookie cookies cool coolman cooper copper coral corazon corona corvette cosmos cosita country cowboy cowboys coolio
cracker crazy crazyboy cream creative cricket cristal cruise crusader cuddles culo cumming cupcake cupcakes cupid
cutie cutiepie cyber cyclone daddy daddysgirl dallas dance dancer dancing dangerous danger darkangel darkness darkside
darling darkstar database deadman death december deedee defender delfin delta demon denver desert desire destiny detroit
devil diablo diamond diamonds dick dickhead digital dipset discovery disney disneyland divine dodger dodgers dollar
dollars domino donuts doobie dookie dracula dragonball dragonfly dragons dreamer dreaming dream dreams drummer ducati
dude dumbass dunhill earth eastside easter eclipse edison einstein electric element elite emerald eminem emperor empire
england enterprise enter escorpion estrella eternal eternity everton everything evil excalibur explorer extreme fabulous
facebook fairy faith falcon1 familia family famous fantasia fantasy fashion fatboy fatcat father favorite ferrari
fender fireball firebird firefire firefly fireman fire florida flower flowers fluffy flyers flying football1 ford forest
forever forget forgot fortune forum fossil foxy france francia freak freaky free freebird freedom1 freeman friend
friends friendship frosty fucker fuckers fucking fuckme fuckoff fuckyou fuck fucku funky funny funtime future galaxy
gambit games gamer gamecube gameboy gandalf gangsta gangster garden garfield gators genesis genius germany ghost giants
gibson ginger gizmo glory goblin goddess godzilla godisgood goforit gold golden golden1 goldie golf golfer golfing
goodboy goodgirl goodluck goodtimes gotcha gothic gracie grandma grandpa granny green greenday greens gremlin guitar
gunner gunners guinness hacker hahaha haha hallo1 halloween hammer handsome happy happyday happiness hardcore harvard
hawaii hawkeye healthy heart heartbreaker hearts heaven hello1 hellokitty helpme hendrix hercules heritage hermosa hero
heroes highland highlander highschool hiphop hogwarts holiday hollywood home homeboy homer honda honey honeybun
honeypie hooligan hooters horizon horney horny hotdog hotgirl hotrod hotshot hotstuff house houston hummer hunting
hurricane iceman icecream iceland idiot idontknow ihateyou illuminati imagine imissyou immortal incubus india indian
indiana indians indigo indonesia infinity inside insane inter iphone ireland irish ironman island israel italia italian
italy itachi jackass jackass1 jackpot jamaica janjan japan jasper jazz jeep jellybean jelly jester jesuschrist jesus1
jewels jiggaman jojo joker jonas journey joyjoy juice juicy juggalo jumanji jungle jupiter justdoit justice juventus
kaiser kakashi karate kawasaki keeper kermit keyboard keystone kickass killers killme kimono king kingdom kingkong
kings kisses kissme kiss kitkat knight knights knock knuckles korea kungfu lacrosse lakers lalala lalaland laptop
larissa lasvegas lavender legend legolas lemonade lemon liberty library licker lifehack life light lightning liverpool
lincoln linkinpark little livelife loco logitech lollipop lollypop london loser losers lolita lololo lovebug lovers
loveless loveit loverboy lovehurts lovelife lucifer lucky luckydog luckyone lucky7 machine madman madonna madrid mafia
magic magical magnum mahalkita malaysia maldita mamacita mamma mama mami mamapapa mamasita manchester manchesterunited
mankind manowar marathon marijuana marine mariners marines marlboro marley mariposa mars martini marvel masha matrix
maverick mazda meatball mexican mexico metallica metal miamor miami mibebe michigan mickey mickeymouse midnight mierda
milan military millenium million millionaire mimi minnie miracle mirror missy misty mnbvcxz mobile moderator mommy
mommie money moneyman monkey1 monster monsters montana montreal moonlight moon moonbeam moose mother motherfucker
motorola motocross motor mountain movie movies mozart munchkin muffin music musica musical musicman mylove myname
myself myspace mystery nascar nature naughty nemesis newyork newlife newton nexus nicaragua nigga niggas nightmare
nights nightwish night ninja nintendo nirvana nissan noname nokia nothing nopassword number numbers nursing ocean office
oldman olympus onelove open orange oranges orchid orion orlando oregon outlaw packers pacman pakistan palace palermo
pancake pandora paradise paradox paris parker party passion patches patience patriots peace peaches peach peanut peanuts
pearl pearljam peewee peluche people pepper peppermint pepsi perfect peru peugeot phantom philips phone photo photos
piano picard picasso pickle pickles picture pimpin pineapple pinkfloyd pinky pink pioneer pirate pirates pizza planet
platinum playboy player playstation please pleasure poetry poison poker poland police polska pookie poohbear pooh poop
poopie poopoo popcorn popeye popsicle porn porsche portugal potato potter power powers precious predator prelude
preston pretty prince princesa princesita princess1 private promise prophet property psycho pumpkin punkrock punk puppet
purple pussy pussycat pyramid qqq queen queens quality raider raiders rainbow raining rainyday rambo ranger rangers rapper
rascal rasta reality realmadrid rebel rebels redbull reddog redhead redhot redneck redrose redrum redskins redsox redwings
reggae regina remember renault republic requiem reset respect retard reynaldo rhythm ribbon riverside river rockandroll
rocker rocket rocks rocknroll rockstar rocky rolltide roman rosebud roses rosita router royal royals rugby rulez runner
running runescape rush russia rusty sailing sailor sailormoon salvation samurai sanantonio sandwich sanfrancisco
sanjose santana satan saturn savage savannah saxophone scarface scarlet school schalke schatz schatzi science scooby
scoobydoo scooter scorpions scotland scruffy seattle senior seniors sephiroth serenity servus sesame seven sexybitch
sexygirl sexylady sexy sexyboy sexymama shadow1 shakira shalom shelby shinigami shithead shit shogun shorty shooter
showtime silence silver simple simpson simpsons singer single sister sisters skate skateboard skater skipper skippy
skittles skyline skywalker slayer slapshot slave sleep slick slim slipknot smile smiles smiley smoke smoker smokey smokie
smooth snapple sneaky snickers sniper snoopy snoop snow snowball snowboard snowflake snowman soccer1 softball software
soldier soleil solomon solution sonic sonrisa sony southpark southside spaceman space spain spanky spartan spartans
special speedy spencer spiderman spike spirit spitfire spongebob sponge spooky sports spurs spunky stanford star starbucks
starcraft stardust starfish stargate starlight starfire stars startrek steelers sterling sticky stinky stone stoner storm
stormy stranger strawberry street strong student stupid subaru subway sucker suckit sugar sunflower sunny sunrise sunset
sunshine1 super superfly superior superstar supernova supreme surfer surfing survivor suzuki sweet sweetheart sweetie
sweetness sweetpea sweets sweety swimmer swimming switzerland swordfish sword sylvester tacobell talent tango target
tarheels tazmania teacher teddy teddybear tekken telefon telefono telephone tennis tennessee tequila terminator texas
thanks thebest theboss thekid theking theman therock thesims thirteen thor thunder thunderbird thumper tickle timber
time timeout tinker tinkerbell tintin titanic titan titans titties tokyo toolbox tootsie topgun torino tornado toronto
toyota trailer transformer transformers traveler treasure tricky trigger trinity triumph trombone trooper trouble
troubador troubadour truck trucker trucks truelove trumpet trust turbo turkiye twilight twinkle twins twister ultimate
undertaker united universal universe university usmarine valencia valentine valhalla vampire vampires vegas vegeta
venezuela venice venus verizon victory vienna viking vikings vintage violet violin virgin virus vision vodka volcano
volcom volkswagen volleyball volvo voodoo voyager warcraft warhammer warlock warrior warriors washington water
watermelon webcam weed werewolf westham westlife weston westside whatsup whiskey white whiteboy widget wildone willow
window winner winners winnie winston wisdom wizard woman women wonder wonderful wonderland woody working world
worldcup wrangler wrestler wrestling wutang xbox xmas yamaha yankee yankees yellow yomama young yourmom zaqwsx zeppelin
zombie zombies zodiac zxcv
one two three four five six seven eight nine ten eleven twelve twenty thirty hundred thousand million
eins zwei drei vier funf uno dos tres cuatro cinco deux trois quatre
network oracle cisco linux ubuntu debian redhat docker kubernetes postgres postgresql mysql mongodb sqlserver redis
jenkins gitlab github python java javascript private public staging production develop developer development demo
sample example manager operator director employee employees finance payroll accounting marketing sales helpdesk
hospital clinic medical school teacher student students university college department
letter letters word words phrase character characters number numbers digits simple easy hard long short strong weak
forgotten remember remind change changed nobody somebody someone anyone everyone person human robot alien machine
correct horse battery staple today tomorrow yesterday tonight morning evening night week month year years
hope faith trust believe dream dreams peace truth justice honor glory angel angels heaven jesus christ allah buddha
work working works job boss money bank credit card cash rich
beer wine water milk juice tea coffee sugar salt pepper bread butter cheese chocolate cake pizza pasta burger
house home room door window table chair garden street road city town country world earth moon stars space planet
red blue green yellow orange purple pink black white brown gray grey gold silver
madre padre hijo hija hermano hermana familia vida cielo casa perro gato mundo futbol fuego agua noche luna estrella
mundial campeon tigre leon osito bonita bonito hermoso chiquita chiquito gatito gatita perrito angelito corazones
maman papa amour soleil chaton chouchou doudou loulou bisous coucou merci marseille paris france football
schatz mutter vater bruder schwester hund katze sonne mond stern fussball bayern munchen hamburg dortmund deutschland
amore mamma bella stella juventus roma napoli milano italia forzaroma forzainter
amizade felicidade saudade flamengo corinthians palmeiras vasco gremio santos brasileiro deusefiel jesusteama
kochanie polska misiek kasia lukasz mateusz bartek agnieszka monika marcin
galatasaray fenerbahce besiktas istanbul trabzonspor mehmet mustafa
sayang cinta bismillah indonesia doraemon rahasia anhyeuem matkhau
airborne airplane airport airforce semperfi navyseal blizzard renegade cavalier aardvark buckeye buckeyes consumer concrete
columbia verbatim standard seinfeld megadeth vanhalen radiohead ironmaiden metallica nationals national vacation ragnarok
oblivion sithlord bobafett darkside starbuck imperial grateful deadhead aspirin porkchop aquarius capricorn sagittarius
gemini sapphire spectrum atlantic pacific syracuse snuggles sailboat frontier swingers kentucky nebraska minnesota
mississippi australia australian designer sentinel terminal hyperion rightnow anaconda albatros albatross holyshit positive
negative hardrock hedgehog backdoor mechanic lineage umbrella bullseye deepthroat brighton penthouse sneakers poseidon
gargoyle buckshot multiplelo paintball avalanche attitude barefoot clarinet triangle resident whiskers leavemealone
mortgage alphabet valkyrie sporting preacher armageddon electron absolute absolutely lipstick dirtbike slippery flexible
graphics strength argentina chrysler shanghai amateur barbados criminal capslock paranoid microphone creature smashing
fountain insomnia budapest magazine darklord reckless pharmacy chestnut creation woodland vanguard aviation sausage president
gorgeous platypus abracadabra honolulu slamdunk clippers festival chipmunk pipeline solitude paradigm tropical coventry
sidekick straight nautilus vendetta papillon mischief enforcer carnival firefighter lakeside obsidian building paramedic
smackdown transfer prospect taekwondo pentagon mandrake suburban bordeaux marriage stigmata almighty printing hairball
colonial vagabond plastic morrowind futurama cucumber pinnacle flipflop daughter skinhead general pathetic capital painting
fidelity wolfpack peekaboo cheyenne sophomore freshman graduate firewall password1 wireless ethernet hardware harddisk
explosion evolution revolution resurrection alexandria cambridge oxford harvard princeton yale berkeley california
battlefield callofduty assassin counterstrike halflife diablo overwatch fortnite valorant zelda mario luigi pikachu charizard
naruto sasuke goku pokemon1 digimon yugioh onepiece skyrim fallout bioshock doom quake unreal tournament godmode noob
anonymous nobody superstar supergirl superboy sweetbaby hotchick hotmama coolgirl coolguy badgirls partygirl rockgirl
r2d2 c3po ncc1701 ncc1701a ncc1701d ncc1701e agent bond007 thx1138 p4ssw0rd 4ever 4life b4 gr8 l8r m8 2pac 50cent blink182
cherokee engineer thailand atlantis shamrock hamilton sherlock morpheus seminole mongoose dietcoke bonehead hongkong anything
intrepid portland dingdong rammstein meridian socrates formula magnolia margarita children plymouth shopping hastings
chevrolet commando gangbang godsmack achilles oklahoma flamingo kamikaze function trinidad meatloaf maradona yosemite
majestic chemical translator chainsaw panasonic intruder newcastle cleveland gladiator andromeda medicine megatron heineken
babyface illusion talisman northern illinois register millwall missouri eldorado eastwood soulmate sonyericsson finalfantasy
justinbieber professional supernatural cosmopolitan philadelphia ingodwetrust necronomicon mortalkombat systemofadown
needforspeed unbelievable intelligence entertainment civilization construction greenlantern chesterfield scandinavian
weihnachtsbaum weihnachten sonnenschein avrillavigne devilmaycry nightcrawler photography something whatever nothing
sum41 u2 mp3 ps3 ps2 rx7 e36 g35 350z gt500 f150 a380 b52 ak47 m16 ar15 m4a1 007 666 69 420 911 123 1234 321 101 777 999 888
`

/** Bits for a word of each kind. A person's choice of words is far from even; these are for whoever guesses in order. */
const KINDS: readonly (readonly [words: string, bits: number])[] = [
  [KNOWN_PASSWORDS, 11],
  [COMMON, 8],
  [RUSSIAN, 8],
  [NAMES, 8],
  [LITTLE, 6],
  [FAVOURITE, 5],
]
const COLUMN_BITS = 4
/** Two or three letters are chance as often as a word. */
const SHORT_BITS = 7
/** Where old systems cut passwords off. */
const CUT = 8

/** Every word, folded, with its bits: some six thousand. Made anew at each call. */
export function commonWords(): ReadonlyMap<string, number> {
  const costs = new Map<string, number>()
  for (const column of COLUMNS.trim().split(/\s+/)) costs.set(column, COLUMN_BITS)
  for (const [words, bits] of KINDS) {
    for (const word of words.split(/\s+/)) {
      if (word === '') continue
      costs.set(foldWord(word), word.length < 4 ? Math.max(bits, SHORT_BITS) : bits)
      if (word.length > CUT && !costs.has(word.slice(0, CUT))) costs.set(word.slice(0, CUT), bits + 1)
    }
  }
  return costs
}
