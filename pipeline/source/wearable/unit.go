package wearable

// Unit is a unit in which a vendor may give a value.
type Unit uint8

// The units that adapters name themselves. UnitOf knows these and more.
const (
	Canonical Unit = iota // the unit in which the metric is stored
	Gram
	Kilometre
	Second
	Millisecond
)

const (
	kilogram Unit = iota + Millisecond + 1
	pound
	stone
	ounce
	metre
	centimetre
	mile
	yard
	foot
	inch
	kilocalorie
	calorie
	kilojoule
	minute
	hour
	count
	perMinute
	perSecond
	percent
	fraction
	celsius
	fahrenheit
	kelvin
	mmolPerLitre
	mgPerDecilitre
	mmHg
	kilopascal
	uptakeUnit
)

// quantity is what a unit measures: units of one quantity can be converted.
type quantity uint8

const (
	number quantity = iota + 1
	length
	rate
	duration
	energy
	ratio
	mass
	pressure
	temperature
	uptake
	substance
)

// units holds, for each unit, its quantity and how to convert: (v - zero) *
// factor is in the unit of that quantity whose factor is 1.
var units = [...]struct {
	quantity     quantity
	zero, factor float64
}{
	Gram:           {mass, 0, 1e-3},
	kilogram:       {mass, 0, 1},
	pound:          {mass, 0, 0.45359237},
	stone:          {mass, 0, 6.35029318},
	ounce:          {mass, 0, 0.028349523125},
	metre:          {length, 0, 1},
	Kilometre:      {length, 0, 1000},
	centimetre:     {length, 0, 0.01},
	mile:           {length, 0, 1609.344},
	yard:           {length, 0, 0.9144},
	foot:           {length, 0, 0.3048},
	inch:           {length, 0, 0.0254},
	kilocalorie:    {energy, 0, 1},
	calorie:        {energy, 0, 1e-3},
	kilojoule:      {energy, 0, 1 / 4.184},
	minute:         {duration, 0, 1},
	hour:           {duration, 0, 60},
	Second:         {duration, 0, 1.0 / 60},
	Millisecond:    {duration, 0, 1.0 / 60_000},
	count:          {number, 0, 1},
	perMinute:      {rate, 0, 1},
	perSecond:      {rate, 0, 60},
	percent:        {ratio, 0, 1},
	fraction:       {ratio, 0, 100},
	celsius:        {temperature, 0, 1},
	fahrenheit:     {temperature, 32, 5.0 / 9},
	kelvin:         {temperature, 273.15, 1},
	mmolPerLitre:   {substance, 0, 1},
	mgPerDecilitre: {substance, 0, 1 / 18.0156}, // glucose: 180.156 g/mol
	mmHg:           {pressure, 0, 1},
	kilopascal:     {pressure, 0, 7.50061683},
	uptakeUnit:     {uptake, 0, 1},
}

// UnitOf reads a unit as HealthKit writes it. Its percent sign stands for a
// fraction of one: 0.97 is 97 %.
func UnitOf(b []byte) (Unit, bool) {
	u, ok := unitNames[string(b)]
	return u, ok
}

var unitNames = map[string]Unit{
	"count": count, "count/min": perMinute, "count/s": perSecond, "%": fraction,
	"g": Gram, "kg": kilogram, "lb": pound, "st": stone, "oz": ounce,
	"m": metre, "km": Kilometre, "cm": centimetre, "mi": mile, "yd": yard, "ft": foot, "in": inch,
	"kcal": kilocalorie, "Cal": kilocalorie, "cal": calorie, "kJ": kilojoule,
	"ms": Millisecond, "s": Second, "min": minute, "hr": hour,
	"mmHg": mmHg, "kPa": kilopascal, "degC": celsius, "degF": fahrenheit, "K": kelvin,
	"mg/dL": mgPerDecilitre, "mmol/L": mmolPerLitre, "mmol<180.1558800000541>/L": mmolPerLitre,
	"mL/min·kg": uptakeUnit, "mL/kg·min": uptakeUnit, "mL/min*kg": uptakeUnit, "mL/kg*min": uptakeUnit,
	"mL/(kg*min)": uptakeUnit, "mL/(min*kg)": uptakeUnit,
}
