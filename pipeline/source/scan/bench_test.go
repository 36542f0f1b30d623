package scan

import (
	"bytes"
	"testing"
)

const observation = `{"resourceType":"Observation","id":"6f0a7c1e-9a57-4c0e-8c65-7b1f5f0d2a11","status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs","display":"Vital signs"}]}],"code":{"coding":[{"system":"http://snomed.info/sct","code":"27113001","display":"Body weight"}],"text":"Body weight"},"subject":{"reference":"Patient/0c4e1f1e-57c6-4a3c-a5c1-8a1f2b3c4d5e"},"encounter":{"reference":"Encounter/77aa0c51-2b7e-4f58-b1c9-0d9e8f7a6b5c"},"effectiveDateTime":"2024-03-05T09:38:27+00:00","issued":"2024-03-05T09:38:27.139+00:00","valueQuantity":{"value":83.1,"unit":"kg","system":"http://unitsofmeasure.org","code":"kg"}}` + "\n"

func BenchmarkSkip(b *testing.B) {
	text := bytes.Repeat([]byte(observation), 1000)
	var c Cursor
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		for rest := text; len(rest) > 0; rest = rest[len(observation):] {
			c.Reset(rest[:len(observation)])
			c.Skip()
			if c.End() != nil {
				b.Fatal(c.Err())
			}
		}
	}
}
