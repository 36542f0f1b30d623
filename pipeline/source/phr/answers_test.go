package phr

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"

	"secondaryuse/deid/record"
	"secondaryuse/pipeline/source"
)

// numbers finds the numeric answers of a QuestionnaireResponse by means of
// encoding/json: slowly and plainly.
func numbers(item any) (all []float64) {
	for _, one := range listOf(item) {
		object, _ := one.(map[string]any)
		for _, a := range listOf(object["answer"]) {
			answer, _ := a.(map[string]any)
			for _, name := range []string{"valueInteger", "valueDecimal"} {
				if v, ok := answer[name].(float64); ok {
					all = append(all, v)
				}
			}
			if v, ok := answer["valueBoolean"].(bool); ok {
				all = append(all, map[bool]float64{true: 1}[v])
			}
			quantity, _ := answer["valueQuantity"].(map[string]any)
			if v, ok := quantity["value"].(float64); ok && quantity["comparator"] == nil {
				all = append(all, v)
			}
			all = append(all, numbers(answer["item"])...)
		}
		all = append(all, numbers(object["item"])...)
	}
	slices.Sort(all)
	return all
}

func listOf(v any) []any {
	switch v := v.(type) {
	case []any:
		return v
	case nil:
		return nil
	}
	return []any{v}
}

// twice reports whether an object of a JSON text has a member twice, which
// encoding/json passes over.
func twice(text []byte) bool {
	type level struct {
		seen map[string]bool
		key  bool
	}
	var stack []level
	dec := json.NewDecoder(bytes.NewReader(text))
	for {
		tok, err := dec.Token()
		if err != nil {
			return false
		}
		top := len(stack) - 1
		if d, ok := tok.(json.Delim); ok && (d == '{' || d == '[') {
			stack = append(stack, level{map[string]bool{}, d == '{'})
			continue
		} else if ok {
			stack = stack[:top]
			top--
		} else if name, ok := tok.(string); ok && top >= 0 && stack[top].key {
			if stack[top].seen[name] {
				return true
			}
			stack[top].seen[name], stack[top].key = true, false
			continue
		}
		if top >= 0 && len(stack[top].seen) > 0 {
			stack[top].key = true
		}
	}
}

// FuzzAnswers holds the answers of a questionnaire against encoding/json.
func FuzzAnswers(f *testing.F) {
	f.Add([]byte(questionnaire))
	f.Add([]byte(`{"resourceType":"QuestionnaireResponse","id":"q","item":{"linkId":"a","answer":{"valueQuantity":{"value":1,"comparator":"<"}}}}`))
	f.Add([]byte(`{"resourceType":"QuestionnaireResponse","id":"q","item":[{"answer":[{"valueDecimal":1e2},{"valueBoolean":false}],"item":[{"answer":[{"valueInteger":-1}]}]}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var q map[string]any
		if json.Unmarshal(text, &q) != nil || q["resourceType"] != "QuestionnaireResponse" || twice(text) || bytes.ContainsAny(text, "\n\r") {
			return
		}
		readLines(t, source.Rows, func(b *record.Block) {
			if len(b.Rejects)+len(b.Deletions) > 0 {
				return
			}
			var got []float64
			for _, o := range b.SelfRecords {
				if v := o.Row.Value; v == v {
					got = append(got, v)
				}
			}
			slices.Sort(got)
			if want := numbers(q["item"]); !slices.Equal(got, want) {
				t.Errorf("answers %v, want %v", got, want)
			}
		}, string(text))
	})
}
