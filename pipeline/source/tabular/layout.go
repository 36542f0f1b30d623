package tabular

import (
	"fmt"

	"secondaryuse/pipeline/source"
)

// layout says where in the lines of one file the mapped columns stand. A slot
// is a mapped column; the slots of a role lie together, in the order of the
// configuration.
type layout struct {
	columns []int // by slot: column of the file, or -1 where the file lacks it
	from    [roles + 1]int
	width   int // columns of the file
}

// lack is a column that a file should have.
type lack struct {
	role   role
	name   string
	reason string
}

func (l *lack) Error() string {
	return fmt.Sprintf("columns.%s: %s: %s", roleInfo[l.role].name, l.name, l.reason)
}

const (
	reasonLacks = "the column is not in the file"
	reasonTwice = "the column is in the file twice"
)

// layout finds the mapped columns among those of a file.
func (t *table) layout(names []string, pass source.Pass) (*layout, *lack) {
	at := make(map[string]int, len(names))
	for i, name := range names {
		if _, twice := at[name]; twice {
			i = -2
		}
		at[name] = i
	}
	l := &layout{width: len(names)}
	for r := range roles {
		l.from[r] = len(l.columns)
		if pass == source.People && !roleInfo[r].people {
			continue
		}
		for _, c := range t.columns[r] {
			i, ok := at[c.name]
			switch {
			case !ok && !c.optional:
				return nil, &lack{r, c.name, reasonLacks}
			case !ok:
				i = -1
			case i == -2:
				return nil, &lack{r, c.name, reasonTwice}
			}
			l.columns = append(l.columns, i)
		}
	}
	l.from[roles] = len(l.columns)
	return l, nil
}
