// Package schedules says when: which job is due at which logical time, and what
// is to be done about times that were missed. It runs nothing and keeps
// nothing: what it says follows from the files and the time.
//
//	clock  moves the hands: has jobs run at their times, each once
//
// The folder install has what lets another clock do so.
//
// # One file, followed from its text to a night
//
// nightly.yaml is a job: a name, a cron spec in a zone, and the steps that run.
// Load takes the files that are built in, puts the operator's of the same name
// in their place (file.go), reads each strictly (read.go), and refuses with
// file, line and remedy whatever could surprise somebody at night: a key that
// does not exist, a date that never comes, a time in the hour that the clocks
// skip or repeat (spec.go), a job that waits for itself (graph.go).
//
// What a spec means is one sentence: a job is due at every minute at which the
// clock on the wall of its zone reads what the spec names. A spec that names
// hours may not name one that the clocks skip or repeat, so each of its times
// comes exactly once. A spec of every hour follows true time: the repeated
// hour is an hour like others, with logical times of its own, and there is no
// such thing as the skipped one. A logical time is an instant; as a key it is
// best written in UTC.
//
// The library behind it, robfig/cron, only parses, and finds the next reading of
// a clock that never changes. Where it is told of a zone that changes its clocks
// at midnight or by half an hour it finds wrong days, so it is never told of one.
package schedules
