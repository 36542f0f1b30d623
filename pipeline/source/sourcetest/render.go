package sourcetest

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"secondaryuse/deid/record"
)

// rowsOf copies every row of a block, whatever the dataset.
func rowsOf(file string, b *record.Block) []seen {
	var out []seen
	v := reflect.ValueOf(b).Elem()
	for i := range v.NumField() {
		field, name := v.Field(i), v.Type().Field(i).Name
		if field.Kind() != reflect.Slice || name == "Rejects" || name == "Heard" {
			continue
		}
		for j := range field.Len() {
			out = append(out, rowOf(file, name, field.Index(j)))
		}
	}
	return out
}

func rowOf(file, dataset string, v reflect.Value) seen {
	head := headOf(v)
	s := seen{file: file, dataset: dataset, line: head.Line, from: head.From, size: head.Size, part: head.Part, divided: head.Sections != 0}
	bare := *head
	bare.Line, bare.From, bare.Size = 0, 0, 0
	withoutLine := reflect.New(v.Type()).Elem()
	withoutLine.Set(v)
	*headOf(withoutLine) = bare
	s.text = textOf(withoutLine)
	bare.Part, bare.At, bare.Sections = 0, 0, 0
	s.head = text(bare)
	return s
}

// headOf finds the head of an Of or of a Person. v must be addressable.
func headOf(v reflect.Value) *record.Head {
	return v.FieldByName("Head").Addr().Interface().(*record.Head)
}

func text(x any) string { return textOf(reflect.ValueOf(x)) }

// textOf writes a value out by what it holds, veiled values as their bytes, so
// that equal texts mean equal values within one process.
func textOf(v reflect.Value) string {
	var b strings.Builder
	render(&b, v)
	return b.String()
}

func render(b *strings.Builder, v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		b.WriteByte('{')
		for i := range v.NumField() {
			if f := v.Field(i); f.IsZero() || f.Kind() == reflect.Slice && f.Len() == 0 {
				continue
			}
			b.WriteString(v.Type().Field(i).Name + ":")
			render(b, v.Field(i))
			b.WriteByte(' ')
		}
		b.WriteByte('}')
	case reflect.Slice, reflect.Array:
		b.WriteByte('[')
		for i := range v.Len() {
			render(b, v.Index(i))
			b.WriteByte(' ')
		}
		b.WriteByte(']')
	case reflect.Interface, reflect.Pointer:
		render(b, v.Elem())
	case reflect.String:
		b.WriteString(strconv.Quote(v.String()))
	case reflect.Float32, reflect.Float64:
		b.WriteString(strconv.FormatFloat(v.Float(), 'g', -1, 64))
	default:
		fmt.Fprint(b, v)
	}
}

// scribble fills a block, to the capacity of its slices, with what no feed
// says: whatever reads it afterwards shows it.
func scribble(b *record.Block) {
	v := reflect.ValueOf(b).Elem()
	for i := range v.NumField() {
		if f := v.Field(i); f.Kind() == reflect.Slice {
			f.SetLen(f.Cap())
			for j := range f.Len() {
				spoil(f.Index(j))
			}
		}
	}
	b.Read = 1 << 50
	b.Pass("scribbled", 1<<40)
}

func spoil(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				spoil(v.Field(i))
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			spoil(v.Index(i))
		}
	case reflect.String:
		v.SetString("scribbled")
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(-7)
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(77)
	case reflect.Float32, reflect.Float64:
		v.SetFloat(-7)
	case reflect.Bool:
		v.SetBool(true)
	}
}
