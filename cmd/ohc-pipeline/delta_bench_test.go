package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"secondaryuse/marts/snapshot"
	"secondaryuse/pipeline"
	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/leak"
)

// BenchmarkDelta compares a night that fetches and takes up a day on which one
// person in a hundred had a change with one that fetches and reads everything, as
// shares of its time on the wall and on the cores; everybody-cpu-s is what it takes to hold what
// is shown for the first time to everybody, as the first night does besides. OHC_BENCH_PERSONS says how many persons there are.
//
//	OHC_BENCH_PERSONS=100000 go test ./cmd/ohc-pipeline -run '^$' -bench Delta -benchtime 1x -timeout 1h
func BenchmarkDelta(b *testing.B) {
	persons, err := strconv.Atoi(os.Getenv("OHC_BENCH_PERSONS"))
	if err != nil {
		persons = 2000
	}
	d := newDeltas(b, persons, 1, 0)
	d.plan.Touch = 0.01
	d.plan.Without = []string{"agreement begins", "agreement ends"}
	c := d.config("kept")
	d.dropped(c, "day0")
	wall, cpu := spent(func() { d.extract(c) })
	lookWall, lookCPU := spent(func() { d.lookAnew(c) }) // which only the first night does
	wall, cpu = wall-lookWall, cpu-lookCPU
	var deltaWall, deltaCPU time.Duration
	touched := 0
	for b.Loop() {
		name := d.next(d.day + 1)
		c = d.config("kept")
		d.dropped(c, name)
		w, u := spent(func() { touched += d.extract(c).Touched })
		deltaWall, deltaCPU = deltaWall+w, deltaCPU+u
	}
	n := float64(b.N)
	b.ReportMetric(float64(touched)/n, "touched")
	b.ReportMetric(wall.Seconds(), "whole-s")
	b.ReportMetric(cpu.Seconds(), "whole-cpu-s")
	b.ReportMetric(deltaWall.Seconds()/n, "delta-s")
	b.ReportMetric(deltaCPU.Seconds()/n, "delta-cpu-s")
	b.ReportMetric(lookCPU.Seconds(), "everybody-cpu-s")
	b.ReportMetric(100*deltaWall.Seconds()/n/wall.Seconds(), "%wall")
	b.ReportMetric(100*deltaCPU.Seconds()/n/cpu.Seconds(), "%cpu")
}

// dropped has somebody lay a day's files where they are fetched from, none packed.
func (d *deltas) dropped(c config.Config, day string) {
	d.t.Helper()
	err := filepath.WalkDir(filepath.Join(d.root, day), func(path string, e fs.DirEntry, err error) error {
		if ext := filepath.Ext(path); err == nil && (ext == ".gz" || ext == ".zst") {
			err = unpackFile(path)
		}
		return err
	})
	for _, f := range c.Feeds {
		err = errors.Join(err, os.MkdirAll(filepath.Join(f.Fetch.Drop.Folder, "taken"), 0o700))
	}
	if err != nil {
		d.t.Fatal(err)
	}
	d.drop(c, d.day, day)
}

// extract fetches what there is and takes it up.
func (d *deltas) extract(c config.Config) pipeline.Result {
	d.t.Helper()
	result, _, err := begin(d.now(), c, everything(false))
	if err != nil {
		d.t.Fatal(err)
	}
	return result
}

// lookAnew holds what is published to everybody, as if nothing of it had been shown before.
func (d *deltas) lookAnew(c config.Config) {
	d.t.Helper()
	folder, _, err := snapshot.Current(c.Marts)
	if err != nil {
		d.t.Fatal(err)
	}
	shown, err := leak.Draft(d.now(), folder, func([]byte) bool { return false })
	if err != nil {
		d.t.Fatal(err)
	}
	places, err := placesOf(c)
	if err != nil {
		d.t.Fatal(err)
	}
	l, err := lookOf(d.now(), c, pipeline.Run{Places: places}, time.Now())
	if err != nil {
		d.t.Fatal(err)
	}
	l.File = filepath.Join(d.root, "looked")
	if err := l.Through(d.now(), shown); err != nil {
		d.t.Fatal(err)
	}
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
