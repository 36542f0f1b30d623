package reader

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	"reflect"
	"strings"
	"time"

	duck "github.com/duckdb/duckdb-go/v2"
)

// plainly turns what the driver gives into one of the few kinds of value that
// a Result promises.
func plainly(v any, kind string) any {
	switch v := v.(type) {
	case nil, bool, int64, float64, string:
		return v
	case float32:
		return float64(v)
	case *big.Int:
		return json.Number(v.String())
	case duck.Decimal:
		return decimal(v)
	case time.Time:
		return clock(v, kind)
	case []byte:
		return bytesOf(v, kind)
	case duck.UUID:
		return v.String()
	case duck.Interval:
		return fmt.Sprintf("%d months %d days %s", v.Months, v.Days, time.Duration(v.Micros)*time.Microsecond)
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = plainly(v[i], "")
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k := range v {
			out[k] = plainly(v[k], "")
		}
		return out
	}
	return other(v)
}

// decimal writes a decimal with all the digits of its scale.
func decimal(d duck.Decimal) json.Number {
	digits := new(big.Int).Abs(d.Value).String()
	if pad := int(d.Scale) + 1 - len(digits); pad > 0 {
		digits = strings.Repeat("0", pad) + digits
	}
	if d.Scale > 0 {
		digits = digits[:len(digits)-int(d.Scale)] + "." + digits[len(digits)-int(d.Scale):]
	}
	if d.Value.Sign() < 0 {
		digits = "-" + digits
	}
	return json.Number(digits)
}

// other takes integers of the smaller kinds, and says the rest in words.
func other(v any) any {
	switch r := reflect.ValueOf(v); r.Kind() {
	case reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int:
		return r.Int()
	case reflect.Uint8, reflect.Uint16, reflect.Uint32:
		return int64(r.Uint())
	case reflect.Uint64, reflect.Uint:
		return json.Number(fmt.Sprint(r.Uint()))
	}
	return fmt.Sprint(v)
}

// clock keeps days and moments as times; a time of day becomes its text.
func clock(t time.Time, kind string) any {
	if kind == "TIME" || kind == "TIMETZ" || kind == "TIME WITH TIME ZONE" {
		return t.Format("15:04:05.999999")
	}
	return t
}

func bytesOf(b []byte, kind string) string {
	if kind == "UUID" && len(b) == 16 {
		var u duck.UUID
		copy(u[:], b)
		return u.String()
	}
	return `\x` + hex.EncodeToString(b)
}
