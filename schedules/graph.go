package schedules

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// assemble reads the files into jobs, and holds that each waits for one that
// there is, and none for itself.
func assemble(files map[string]file, feeds []string) (Set, error) {
	jobs := make(map[string]Job, len(files))
	for _, name := range slices.Sorted(maps.Keys(files)) {
		f := files[name]
		jobs[name] = f.job(name, feeds)
		files[name] = f
	}
	if err := faults(files); err != nil {
		return Set{}, err
	}
	ranks := make(map[string]int)
	for name, j := range jobs {
		f := files[name]
		if reason := wrongAfter(jobs, j); reason != "" {
			f.fail(f.raw.After, "after", reason)
		}
		files[name] = f
	}
	if err := faults(files); err != nil {
		return Set{}, err
	}
	var all []Job
	for name, j := range jobs {
		chain := follow(jobs, j)
		ranks[name] = len(chain)
		for _, other := range chain { // the first that has times of its own
			if j.Off == "" && other.Cron != "" {
				j.times, j.Zone = other.times, other.Zone
				break
			}
		}
		all = append(all, j)
	}
	slices.SortFunc(all, func(a, b Job) int {
		return cmp.Or(cmp.Compare(ranks[a.Name], ranks[b.Name]), strings.Compare(a.Name, b.Name))
	})
	return Set{all}, nil
}

// wrongAfter says what is wrong with what a job waits for.
func wrongAfter(jobs map[string]Job, j Job) string {
	if j.After == "" || j.Off != "" {
		return ""
	}
	other, ok := jobs[j.After]
	chain := follow(jobs, j)
	switch last := chain[len(chain)-1]; {
	case !ok:
		return "there is no such job; there are " + strings.Join(slices.Sorted(maps.Keys(jobs)), ", ")
	case other.Off != "":
		return "that job is off; take after out, name another job, or turn this one off too"
	case last.After == j.Name:
		names := []string{j.Name}
		for _, c := range chain[1:] {
			names = append(names, c.Name)
		}
		return "the jobs wait for each other: " + strings.Join(append(names, j.Name), " after ") + "; take after out of one"
	}
	return ""
}

// follow is a job and, in turn, those that it waits for, as far as there are
// any that are not off, and each once.
func follow(jobs map[string]Job, j Job) []Job {
	chain := []Job{j}
	for seen := map[string]bool{j.Name: true}; j.After != "" && j.Off == "" && !seen[j.After]; {
		other, ok := jobs[j.After]
		if !ok {
			break
		}
		chain, j = append(chain, other), other
		seen[j.Name] = true
	}
	return chain
}
