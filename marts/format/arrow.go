package format

import (
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// batch is how many rows an Arrow record batch holds.
const batch = 65536

// Arrow writes an IPC stream. Integers, numbers, decimals, truths, texts, days
// and moments keep their type; anything else is its text.
func Arrow(w io.Writer, columns []Column, rows Rows) (err error) {
	fields := make([]arrow.Field, len(columns))
	for i, c := range columns {
		fields[i] = arrow.Field{Name: c.Name, Type: arrowType(c.Type), Nullable: true}
	}
	schema := arrow.NewSchema(fields, nil)
	out := ipc.NewWriter(w, ipc.WithSchema(schema))
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	n := 0
	flush := func() error {
		r := b.NewRecordBatch()
		defer r.Release()
		n = 0
		return out.Write(r)
	}
	err = rows.Each(func(row []any) error {
		for i, v := range row {
			if err := put(b.Field(i), v, columns[i].Type); err != nil {
				return fmt.Errorf("%s: %w", columns[i].Name, err)
			}
		}
		if n++; n == batch {
			return flush()
		}
		return nil
	})
	if err == nil && n > 0 {
		err = flush()
	}
	if closed := out.Close(); err == nil {
		err = closed
	}
	return err
}

var decimalType = regexp.MustCompile(`^DECIMAL\((\d+),(\d+)\)$`)

func arrowType(kind string) arrow.DataType {
	switch kind {
	case "BOOLEAN":
		return arrow.FixedWidthTypes.Boolean
	case "TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT":
		return arrow.PrimitiveTypes.Int32
	case "BIGINT", "UINTEGER":
		return arrow.PrimitiveTypes.Int64
	case "HUGEINT", "UBIGINT":
		return &arrow.Decimal128Type{Precision: 38}
	case "DOUBLE", "FLOAT":
		return arrow.PrimitiveTypes.Float64
	case "DATE":
		return arrow.FixedWidthTypes.Date32
	case "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS":
		return &arrow.TimestampType{Unit: arrow.Microsecond}
	case "TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE":
		return &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}
	}
	if m := decimalType.FindStringSubmatch(kind); m != nil {
		precision, _ := strconv.Atoi(m[1])
		scale, _ := strconv.Atoi(m[2])
		return &arrow.Decimal128Type{Precision: int32(precision), Scale: int32(scale)}
	}
	return arrow.BinaryTypes.String
}

func put(b array.Builder, v any, kind string) error {
	if v == nil {
		b.AppendNull()
		return nil
	}
	switch b := b.(type) {
	case *array.BooleanBuilder:
		x, _ := v.(bool)
		b.Append(x)
	case *array.Int32Builder:
		x, _ := v.(int64)
		b.Append(int32(x))
	case *array.Int64Builder:
		x, _ := v.(int64)
		b.Append(x)
	case *array.Float64Builder:
		x, _ := v.(float64)
		b.Append(x)
	case *array.Date32Builder:
		x, _ := v.(time.Time)
		b.Append(arrow.Date32FromTime(x))
	case *array.TimestampBuilder:
		x, _ := v.(time.Time)
		b.Append(arrow.Timestamp(x.UnixMicro()))
	case *array.Decimal128Builder:
		return putDecimal(b, v)
	case *array.StringBuilder:
		b.Append(Text(v, kind, ""))
	}
	return nil
}

func putDecimal(b *array.Decimal128Builder, v any) error {
	t := b.Type().(*arrow.Decimal128Type)
	n, ok := v.(json.Number)
	if !ok {
		n = json.Number(Text(v, "", ""))
	}
	x, err := decimal128.FromString(string(n), t.Precision, t.Scale)
	if err != nil {
		return fmt.Errorf("a number has more than 38 digits; cast the column to DOUBLE or VARCHAR")
	}
	b.Append(x)
	return nil
}
