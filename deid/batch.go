package deid

import "secondaryuse/deid/row"

// Batch is pseudonymised rows: the only thing that the stage takes. It is
// valid until the Desk that made it is used again.
type Batch[X row.Row] struct{ rows []X }

// Rows returns the rows, to be written and not to be kept.
func (b Batch[X]) Rows() []X { return b.rows }
