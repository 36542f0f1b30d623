package tabular

import (
	"math"
	"strconv"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// writerOf returns how the values of a Parquet column are written as the text
// that a CSV table would hold, or nil for a type that no role can have.
func writerOf(c *parquet.Column) func(dst []byte, v parquet.Value) []byte {
	if !c.Leaf() {
		return nil
	}
	var logical format.LogicalTypeValue
	if l := c.Type().LogicalType(); l != nil {
		logical = l.Value
	}
	switch l := logical.(type) {
	case *format.DateType:
		return writeDate
	case *format.TimestampType:
		return timestampWriter(l)
	case *format.TimeType:
		return timeWriter(l)
	case *format.StringType, *format.EnumType, nil, *format.IntType:
		return plainWriter(c.Type().Kind())
	}
	return nil
}

func plainWriter(k parquet.Kind) func(dst []byte, v parquet.Value) []byte {
	switch k {
	case parquet.ByteArray, parquet.FixedLenByteArray:
		return func(dst []byte, v parquet.Value) []byte { return append(dst, v.ByteArray()...) }
	case parquet.Int32:
		return func(dst []byte, v parquet.Value) []byte { return strconv.AppendInt(dst, int64(v.Int32()), 10) }
	case parquet.Int64:
		return func(dst []byte, v parquet.Value) []byte { return strconv.AppendInt(dst, v.Int64(), 10) }
	case parquet.Float:
		return func(dst []byte, v parquet.Value) []byte { return writeFloat(dst, float64(v.Float())) }
	case parquet.Double:
		return func(dst []byte, v parquet.Value) []byte { return writeFloat(dst, v.Double()) }
	case parquet.Boolean:
		return func(dst []byte, v parquet.Value) []byte { return strconv.AppendBool(dst, v.Boolean()) }
	}
	return nil
}

// writeFloat writes a number that a table had to hold as one with a fraction
// only because some of its rows are null, without the fraction.
func writeFloat(dst []byte, f float64) []byte {
	if math.IsNaN(f) {
		return dst
	}
	return strconv.AppendFloat(dst, f, 'f', -1, 64)
}

func writeDate(dst []byte, v parquet.Value) []byte {
	return time.Unix(int64(v.Int32())*86400, 0).UTC().AppendFormat(dst, time.DateOnly)
}

// nanoseconds returns how long a unit of time is.
func nanoseconds(u format.TimeUnit) int64 {
	switch u.Value.(type) {
	case *format.MilliSeconds:
		return 1_000_000
	case *format.MicroSeconds:
		return 1_000
	}
	return 1
}

func timestampWriter(t *format.TimestampType) func(dst []byte, v parquet.Value) []byte {
	layout, unit := "2006-01-02T15:04:05.999999", nanoseconds(t.Unit)
	if t.IsAdjustedToUTC {
		layout += "Z"
	}
	per := 1_000_000_000 / unit
	return func(dst []byte, v parquet.Value) []byte {
		n := v.Int64()
		return time.Unix(n/per, n%per*unit).UTC().AppendFormat(dst, layout)
	}
}

func timeWriter(t *format.TimeType) func(dst []byte, v parquet.Value) []byte {
	unit := nanoseconds(t.Unit)
	return func(dst []byte, v parquet.Value) []byte {
		n := v.Int64()
		if v.Kind() == parquet.Int32 {
			n = int64(v.Int32())
		}
		return time.Unix(0, n*unit).UTC().AppendFormat(dst, "15:04:05")
	}
}
