package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/ledger"
	"secondaryuse/pipeline/stage/seal"
	"secondaryuse/testdata/population"
)

// BenchmarkGates takes a population the whole way in, to the seal, with lists of
// so many numbers, and tells what share of the processor's time the gates have of
// it: to open, to know the persons, to judge them and every record. It tells as
// well what share of the time on the wall goes by until they are open. Of fewer
// persons the share is larger, because the lists are as long. Run it as
//
//	OHC_BENCH_PERSONS=1000000 OHC_BENCH_LISTED=5000000 go test ./cmd/ohc-pipeline -run '^$' -bench Gates -benchtime 1x -timeout 2h
func BenchmarkGates(b *testing.B) {
	persons, listed := envInt("OHC_BENCH_PERSONS", 2000), envInt("OHC_BENCH_LISTED", 10_000)
	dir := b.TempDir()
	if _, err := population.Write(b.Context(), population.Plan{Persons: persons, Seed: 1, Out: dir, Months: envInt("OHC_BENCH_MONTHS", 6)}, nil); err != nil {
		b.Fatal(err)
	}
	lengthen(b, filepath.Join(dir, "lists"), listed)
	var cpu, open []float64
	for b.Loop() {
		path := filepath.Join(b.TempDir(), "cpu.prof")
		cmd := exec.Command("contestant", "gates", dir)
		cmd.Env = append(os.Environ(), "OHC_BENCH_PROFILE="+path)
		out, err := cmd.Output()
		if err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
		var opened, all float64
		if _, err := fmt.Sscan(string(out), &opened, &all); err != nil {
			b.Fatal(err)
		}
		cpu, open = append(cpu, share(b, path)), append(open, 100*opened/all)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(cpu), "%cpu-gates")
	b.ReportMetric(median(open), "%wall-to-open")
}

func envInt(name string, usual int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return usual
}

// lengthen has the lists name that many numbers together: those that are new to
// them may be used, and one in ten has objected as well.
func lengthen(b *testing.B, dir string, listed int) {
	b.Helper()
	read := func(name string) []byte {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			b.Fatal(err)
		}
		return text
	}
	sent := read("optout-request.dat")
	known := make(map[string]bool)
	for line := range strings.Lines(string(sent)) {
		known[line[:10]] = true
	}
	var more, objections bytes.Buffer
	n := bytes.Count(sent, []byte("\n"))
	objected := 0
	for i := 0; n+objected < listed; i++ {
		number, ok := testNumber(i)
		if !ok || known[number] {
			continue
		}
		known[number] = true
		fmt.Fprintf(&more, "%s,\n", number)
		if n++; n%10 == 0 {
			fmt.Fprintf(&objections, "%s,shared-record,objected,2026-01-02\n", number)
			objected++
		}
	}
	for _, name := range []string{"optout-request.dat", "optout.dat"} {
		text := read(name)
		write(b, filepath.Join(dir, name), func(w *bufio.Writer) { w.Write(text); w.Write(more.Bytes()) })
	}
	head, rest, _ := strings.Cut(string(read("objections.csv")), "\n")
	was, err := strconv.Atoi(head[strings.LastIndex(head, "=")+1:])
	if err != nil {
		b.Fatal(err)
	}
	write(b, filepath.Join(dir, "objections.csv"), func(w *bufio.Writer) {
		fmt.Fprintf(w, "%s%d\n%s%s", head[:strings.LastIndex(head, "=")+1], was+objected, rest, objections.Bytes())
	})
}

// wayInTimed takes a population to the seal, and prints after how many seconds
// the gates were open, and all was done.
func wayInTimed(dir string) error {
	c, err := config.Load(filepath.Join(dir, "config.yaml"))
	if err != nil {
		return err
	}
	c.Work, c.Keys = filepath.Join(dir, "bench"), filepath.Join(dir, "bench-keys")
	if err := os.RemoveAll(c.Work); err != nil {
		return err
	}
	l, err := ledger.Open(filepath.Join(c.Work, "ledger.db"))
	if err != nil {
		return err
	}
	defer l.Close()
	began := time.Now()
	r, _, err := open(c, c.AsOf.Time, time.Now(), true)
	if err != nil {
		return err
	}
	opened := time.Since(began)
	r.ID, r.Ledger, r.Marts = seal.Name(time.Now()), l, nowhere{}
	if err := l.Begin(context.Background(), ledger.Run{ID: r.ID}); err != nil {
		return err
	}
	if _, err := r.Go(context.Background()); err != nil {
		return err
	}
	fmt.Println(opened.Seconds(), time.Since(began).Seconds())
	return nil
}

var accounted = regexp.MustCompile(`Showing nodes accounting for [^,]+, ([0-9.]+)% of`)

// share is how many samples in a hundred of a profile were taken in the gates.
func share(b *testing.B, path string) float64 {
	b.Helper()
	out, err := exec.Command("go", "tool", "pprof", "-top", "-nodecount=1000000", "-nodefraction=0", "-edgefraction=0",
		"-focus=secondaryuse/deid/gate", path).Output()
	if err != nil {
		b.Fatal(err)
	}
	found := accounted.FindSubmatch(out)
	if found == nil {
		b.Fatalf("no share in:\n%s", out)
	}
	percent, err := strconv.ParseFloat(string(found[1]), 64)
	if err != nil {
		b.Fatal(err)
	}
	return percent
}
