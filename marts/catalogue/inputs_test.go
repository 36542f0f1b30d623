package catalogue

import (
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// datasets are the rows of the stage that marts may read, by their type in
// package deid/row, which this side may read but not import.
var datasets = map[string]string{
	"Person": "person", "Problem": "problem", "Observation": "observation", "Medication": "medication", "Allergy": "allergy",
	"Immunisation": "immunisation", "Encounter": "encounter", "Procedure": "procedure", "Referral": "referral",
	"Appointment": "appointment", "CarePlan": "care_plan", "SelfRecord": "self_record", "Reading": "reading",
}

// TestInputsAreTheRows holds inputs.sql to the columns of deid/row.
func TestInputsAreTheRows(t *testing.T) {
	structs := rowStructs(t)
	inputs, err := Inputs()
	if err != nil {
		t.Fatal(err)
	}
	for typ, name := range datasets {
		i := slices.IndexFunc(inputs, func(in Input) bool { return in.Name == name })
		if i < 0 || structs[typ] == nil {
			t.Errorf("%s: in inputs.sql %t, in deid/row %t", name, i >= 0, structs[typ] != nil)
			continue
		}
		var have []string
		for _, c := range inputs[i].Columns {
			have = append(have, c.Name+" "+c.Type)
		}
		if want := slices.Concat(structs["Key"], structs[typ]); !slices.Equal(have, want) {
			t.Errorf("%s:\ninputs.sql %v\ndeid/row   %v", name, have, want)
		}
	}
	for _, in := range inputs {
		if of := in.Unlinked(); of != "" {
			alone(t, in, inputs[slices.IndexFunc(inputs, func(in Input) bool { return in.Name == of })])
			continue
		}
		if in.Staged() != slices.Contains([]string{"run", "calendar", "practice"}, in.Name) {
			continue
		}
		t.Errorf("%s: Staged is %t", in.Name, in.Staged())
	}
}

// rowStructs returns the columns of each struct of deid/row with their types.
func rowStructs(t *testing.T) map[string][]string {
	t.Helper()
	files, err := filepath.Glob("../../deid/row/*.go")
	if err != nil || len(files) == 0 {
		t.Fatal("deid/row is not there")
	}
	out := make(map[string][]string)
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		f, err := parser.ParseFile(gotoken.NewFileSet(), path, text, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if s, ok := n.(*ast.TypeSpec); ok {
				if fields, ok := s.Type.(*ast.StructType); ok {
					out[s.Name.Name] = columnsOf(fields)
				}
			}
			return true
		})
	}
	return out
}

func columnsOf(s *ast.StructType) (out []string) {
	for _, f := range s.Fields.List {
		if f.Tag == nil {
			continue
		}
		tag, _ := strconv.Unquote(f.Tag.Value)
		options := strings.Split(reflect.StructTag(tag).Get("parquet"), ",")
		kind := "VARCHAR"
		switch typ, _ := f.Type.(*ast.Ident); {
		case slices.ContainsFunc(options, func(o string) bool { return strings.HasPrefix(o, "timestamp") }):
			kind = "TIMESTAMP"
		case typ != nil:
			kind = map[string]string{"int64": "BIGINT", "int32": "INTEGER", "float64": "DOUBLE", "bool": "BOOLEAN"}[typ.Name]
		}
		out = append(out, options[0]+" "+kind)
	}
	return out
}

// alone holds a table of records without their persons to what it may show.
func alone(t *testing.T, in, of Input) {
	t.Helper()
	if in.Staged() || len(in.Columns) < 5 {
		t.Errorf("%s: staged %t, %d columns", in.Name, in.Staged(), len(in.Columns))
	}
	for _, c := range in.Columns {
		if !slices.Contains(of.Columns, c) {
			t.Errorf("%s: %s is no column of %s", in.Name, c.Name, of.Name)
		}
		for _, word := range []string{"person", "key", "version", "recorded", "provider", "requester", "performer", "practice", "lsoa", "birth"} {
			if strings.Contains(c.Name, word) {
				t.Errorf("%s shows %s", in.Name, c.Name)
			}
		}
	}
}
