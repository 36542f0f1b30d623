package term

// unitList is the closed list of units, one a line as UCUM writes it, with
// other ways in which laboratories and general practices spell it. How a
// spelling is written in capitals, with blanks, with a sign of micro or of a
// power does not matter. What is counted stands in braces, as UCUM has it.
const unitList = `
% | percent | per cent | %age | pct
%{Hb} | %hb | %{hba1c}
{ratio} | ratio
1
{INR} | inr
[pH] | ph | ph units | {ph}
{score} | score | (score) | points | {points}
{T-score} | t-score
{Z-score} | z-score
{SD} | sd
{nominal} | nominal
{count} | count | counts | {#} | number | no. | {number}
{unit} | unit | units | {units}
{titre} | titre | titer | {titer}
{index} | index
g/L | gm/l | grams/litre | gram/litre | g/litre
g/dL | gm/dl | gms/dl | g/100ml
g/mL
g/g
g/mol
mg/L | mg/litre
mg/dL | mg/100ml
mg/mL
mg/g
mg/kg
mg/mmol | mg/mmolcreat | mg/mmol creatinine | mg/mmol cr
mg/mmol{creat}
ug/L | mcg/l | microgram/l | micrograms/l | ug/litre
ug/dL | mcg/dl
ug/mL | mcg/ml
ug/g | mcg/g
ug/kg | mcg/kg
ug/mg
ug/mmol
ng/L | ng/litre
ng/dL
ng/mL
ng/g
pg/mL
pg/L
pg/dL
mol/L
mmol/L | mmol/litre | mmols/l | millimoles/l
mmol/mol | mmol/mol hb | mmol/molhb
mmol/kg
mmol/mmol
umol/L | micromol/l | umol/litre | umols/l
umol/mol
umol/mmol
umol/g
nmol/L | nmol/litre
nmol/mol
nmol/mmol
nmol/mg
nmol/g
pmol/L | pmol/litre
pmol/mmol
mmol
umol
meq/L
mosm/kg | mosmol/kg | mosm/kgh2o
mosm/L | mosmol/l
U/L | units/l | unit/l | u/litre
U/mL | units/ml
U/g | u/ghb
kU/L
kU/mL
mU/L
mU/mL
uU/mL
[iU] | iu | international unit | international units | {iu}
[iU]/L | iu/l | iu/l 37c | i.u./l | iu/litre | {iu}/l | [iu]/l
[iU]/mL | iu/ml | [iu]/ml | {iu}/ml
[iU]/dL | iu/dl | [iu]/dl
[iU]/kg | iu/kg
k[iU] | kiu
k[iU]/L | kiu/l
k[iU]/mL | kiu/ml
m[iU]/L | miu/l | {miu}/l
m[iU]/mL | miu/ml
u[iU]/mL | uiu/ml
10*9/L | 10e9/l | 10*9 cells/l | e9/l
10*12/L | 10e12/l | 10*12 cells/l | e12/l
10*6/L | 10e6/l | 10*6 cells/l
10*3/L
10*3/uL | k/ul | 10e3/ul | thou/ul
10*6/uL | 10e6/ul | mil/ul
10*3/mL
10*6/mL | million/ml | 10e6/ml
10*9/mL
10*6
10*9
/L
/mL
/uL
/mm3 | cells/mm3 | /cmm
/[HPF] | /hpf | {#}/[hpf]
/[LPF] | /lpf | {#}/[lpf]
/100{WBC} | /100wbc | /100 wbc
{cells}/uL | cells/ul
{copies}/mL | copies/ml | [copies]/ml
[CFU]/mL | cfu/ml | {cfu}/ml
fL
pL
pg
fg
cP | mpa.s
mm/h | mm/hr | mm/hour | mm/1h | mmhr
nm
um | micron | microns
mm
cm | cms | centimetre | centimetres | centimeter
m | metre | metres | meter | meters
km | kilometre | kilometres
[in_i] | in | inch | inches | [in_us]
[ft_i] | ft | foot | feet
[yd_i] | yd
[mi_i] | mile | miles
cm2
mm2
m2 | sqm
g | gram | grams | gm | gms | gramme | grammes
kg | kgs | kilogram | kilograms | kilogramme
mg | mgs | milligram | milligrams
ug | mcg | microgram | micrograms
ng | nanogram | nanograms
[lb_av] | lb | lbs | pound | pounds
[oz_av] | oz | ounce | ounces
[stone_av] | st | stone | stones
kg/m2 | kg/m*2 | kg/sqm | kg/m**2 | kgm2 | kg/m² | kg/(m*2) | kg/m2.
g/m2
mL | mls | millilitre | millilitres | milliliter | milliliters
dL
cL
L | litre | litres | liter | liters | ltr
uL | microlitre | microlitres
mL/m2
L/m2
mL/kg
Cel | degc | c | celsius | deg c | [degc] | °c | oc | degrees c | degree celsius
[degF] | degf | f | fahrenheit | °f | deg f
K | kelvin
mm[Hg] | mmhg | mm hg | mm/hg | millimetre of mercury | millimetres of mercury | mm of hg
cm[H2O] | cmh2o
kPa
Pa
mbar
/s
/min | bpm | {beats}/min | beats/min | beats/minute | beats per minute | /minute | per minute | min-1 | {breaths}/min | breaths/min | {counts}/min | breaths per minute
/h | /hr | /hour
/d | /day | per day | 1/day
/wk | /week | per week
/mo | /month | per month
/a | /year | per year
ms | msec | millisecond | milliseconds
s | sec | secs | second | seconds
min | mins | minute | minutes
h | hr | hrs | hour | hours
d | day | days
wk | week | weeks | wks
mo | month | months
a | year | years | yr | yrs | yrs.
L/min | l/minute | litres/min | litres/minute
L/s
L/h
mL/min | ml/minute
mL/s
mL/h | ml/hr
mL/min/{1.73_m2} | ml/min/1.73m2 | ml/min/1.73m*2 | ml/min/1.73sqm | ml/min/1.73 | ml/min/{1.73m2} | ml/min/1.73m² | ml/min/(173.10*-2.m2) | ml/min/1.73_m2
mL/min/kg | ml/kg/min | ml/(min.kg) | ml/(kg.min)
mL/min/m2
L/min/m2
m/s
km/h
kcal | kilocalorie | kilocalories | calories
cal
kJ | kilojoule | kilojoules
kcal/d | kcal/day
kJ/d
W | watt | watts
Hz
dB
dB[HL] | dbhl
[diop] | dioptre | dioptres | diopter
deg | degree | degrees
mV
uV
mA
Ohm
lx
mGy
mSv
MBq
g/d | g/day
mg/d | mg/day
ug/d | mcg/day
mL/d | ml/day
L/d | l/day
g/(24.h) | g/24h | g/24hr | g/24hrs | g/24 hours
mg/(24.h) | mg/24h | mg/24hr | mg/24hrs
mmol/(24.h) | mmol/24h | mmol/24hr | mmol/24hrs | mmol/d
umol/(24.h) | umol/24h | umol/24hr | umol/24hrs | umol/d
nmol/(24.h) | nmol/24h | nmol/24hr | nmol/24hrs | nmol/d
mL/(24.h) | ml/24h | ml/24hr
L/(24.h) | l/24h
mg/h | mg/hr
ug/h | mcg/hr | mcg/h
[oz_av]/d | oz/day
[oz_av]/wk | oz/week
[oz_av]/mo | oz/month
{unit}/wk | units/week | unit/week | u/week | u/wk | units per week | units/wk | {units}/wk | {drinks}/wk
{unit}/d | units/day | unit/day | u/day | u/d | units per day | {units}/d | {drinks}/d
{cigarettes}/d | cigarettes/day | {cigarette}/d | cigs/day | {#}/d | cigarettes per day
{packyears} | pack years | pack-years | {pack}.a | {packyear}
{tablet} | tablet | tablets | tab | tabs | {tab} | {tbl} | tablet(s) | {tablets}
{capsule} | capsule | capsules | cap | caps | {capsules} | capsule(s)
{dose} | dose | doses | {doses} | dose(s)
{puff} | puff | puffs
{drop} | drop | drops
{spray} | spray | sprays
{patch} | patch | patches
{sachet} | sachet | sachets
{ampule} | ampoule | ampoules | ampule | ampules | {ampoule}
{vial} | vial | vials
{injection} | injection | injections | pre-filled disposable injection | pre-filled injection
{syringe} | syringe | syringes | pre-filled syringe
{pen} | pen | pens | pre-filled pen
{cartridge} | cartridge | cartridges
{inhaler} | inhaler | inhalers
{device} | device | devices
{suppository} | suppository | suppositories
{pessary} | pessary | pessaries
{lozenge} | lozenge | lozenges
{film} | film | films
{enema} | enema | enemas
{application} | application | applications
{spoonful} | spoonful | 5ml spoonful | spoonfuls
{strip} | strip | strips
{lancet} | lancet | lancets
{needle} | needle | needles
{swab} | swab | swabs
{dressing} | dressing | dressings
{bandage} | bandage | bandages
{plaster} | plaster | plasters
{pad} | pad | pads
{stocking} | stocking | stockings
{bag} | bag | bags
{catheter} | catheter | catheters
{cylinder} | cylinder | cylinders
{bottle} | bottle | bottles
{tube} | tube | tubes
{can} | can | cans
{pack} | pack | packs | op | original pack
{box} | box | boxes
{piece} | piece | pieces
{item} | item | items
{system} | system
{implant} | implant | implants
{kit} | kit | kits
{test} | test | tests
`
