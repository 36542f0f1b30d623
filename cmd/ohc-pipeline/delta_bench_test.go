package main

import (
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// BenchmarkDelta compares a run that takes up a day on which one person in a
// hundred had a change with one that reads everything, as shares of its time on
// the wall and on the cores. OHC_BENCH_PERSONS says how many persons there are.
//
//	OHC_BENCH_PERSONS=100000 go test ./cmd/ohc-pipeline -run '^$' -bench Delta -benchtime 1x -timeout 1h
func BenchmarkDelta(b *testing.B) {
	persons, err := strconv.Atoi(os.Getenv("OHC_BENCH_PERSONS"))
	if err != nil {
		persons = 2000
	}
	d := newDeltas(b, persons, 1, 0)
	d.plan.Touch, d.unpack = 0.01, true
	d.plan.Without = []string{"agreement begins", "agreement ends"}
	c := d.config("kept")
	d.land(c, "day0", d.plan.AsOf, false)
	wall, cpu := spent(func() { d.run(c) })
	var deltaWall, deltaCPU time.Duration
	touched := 0
	for b.Loop() {
		name := d.next(d.day + 1)
		c = d.config("kept")
		d.land(c, name, d.plan.AsOf.AddDate(0, 0, d.day), false)
		w, u := spent(func() { touched += d.run(c).Touched })
		deltaWall, deltaCPU = deltaWall+w, deltaCPU+u
	}
	n := float64(b.N)
	b.ReportMetric(float64(touched)/n, "touched")
	b.ReportMetric(wall.Seconds(), "whole-s")
	b.ReportMetric(cpu.Seconds(), "whole-cpu-s")
	b.ReportMetric(deltaWall.Seconds()/n, "delta-s")
	b.ReportMetric(deltaCPU.Seconds()/n, "delta-cpu-s")
	b.ReportMetric(100*deltaWall.Seconds()/n/wall.Seconds(), "%wall")
	b.ReportMetric(100*deltaCPU.Seconds()/n/cpu.Seconds(), "%cpu")
}

// spent is how long f took, on the wall and on all cores.
func spent(f func()) (wall, cpu time.Duration) {
	var before, after syscall.Rusage
	begun := time.Now()
	syscall.Getrusage(syscall.RUSAGE_SELF, &before)
	f()
	syscall.Getrusage(syscall.RUSAGE_SELF, &after)
	used := func(u syscall.Rusage) time.Duration {
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	return time.Since(begun), used(after) - used(before)
}
