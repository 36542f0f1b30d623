package schedules

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
)

func installed(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("install", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// builtInJob is a job that is built in, and on.
func builtInJob(t *testing.T, name string) Job {
	t.Helper()
	set, err := Load("", nil)
	if err != nil {
		t.Fatal(err)
	}
	j, ok := set.Find(name)
	if !ok || j.Off != "" {
		t.Fatalf("%s is not a job that runs", name)
	}
	return j
}

// sameTimes holds that a spec of another clock calls for a job at its times.
func sameTimes(t *testing.T, text string, zone *time.Location, j Job) {
	t.Helper()
	s, err := parse(text, zone)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	at := oracleFrom
	for range 400 {
		if next := s.next(at); !next.Equal(j.Next(at)) {
			t.Fatalf("%q is due at %v, and %s at %v", text, next, j.Name, j.Next(at))
		}
		at = j.Next(at)
	}
}

// TestCrontab holds that each line of the crontab is one, and calls for a job at
// its times, of every job that is on one.
func TestCrontab(t *testing.T) {
	line := regexp.MustCompile(`^(\S+ \S+ \S+ \S+ \S+) [a-z]+ cd \S+ && /usr/local/bin/ohc-pipeline run ([a-z-]+) --wait$`)
	var called []string
	zone := time.UTC
	for l := range strings.Lines(installed(t, "crontab")) {
		l = strings.TrimSuffix(l, "\n")
		if name, ok := strings.CutPrefix(l, "CRON_TZ="); ok {
			var err error
			if zone, err = time.LoadLocation(name); err != nil {
				t.Fatal(err)
			}
		}
		if strings.HasPrefix(l, "#") || regexp.MustCompile(`^[A-Z_]+=`).MatchString(l) {
			continue
		}
		m := line.FindStringSubmatch(l)
		if m == nil {
			t.Fatalf("no line of a crontab: %s", l)
		}
		sameTimes(t, m[1], zone, builtInJob(t, m[2]))
		called = append(called, m[2])
	}
	set, _ := Load("", nil)
	for _, j := range set.Jobs() {
		if j.Off == "" && !slices.Contains(called, j.Name) {
			t.Errorf("no line calls for %s", j.Name)
		}
	}
}

// TestUnits has systemd verify its units, with a command that is there in the
// place of ours, and holds that it would find what is wrong with one.
func TestUnits(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is not there")
	}
	verify := func(name, text string) (string, error) {
		dir := t.TempDir()
		for _, unit := range []string{"ohc-pipeline.service", "ohc-pipeline@.service", "ohc-pipeline@nightly.timer"} {
			of := installed(t, unit)
			if unit == name {
				of = text
			}
			of = strings.ReplaceAll(of, "/usr/local/bin/ohc-pipeline", "/bin/true")
			if err := os.WriteFile(filepath.Join(dir, unit), []byte(of), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		out, err := exec.Command(analyze, "verify", "--man=no", "--recursive-errors=one", filepath.Join(dir, strings.Replace(name, "@.", "@nightly.", 1))).CombinedOutput()
		return string(out), err
	}
	for _, name := range []string{"ohc-pipeline.service", "ohc-pipeline@.service", "ohc-pipeline@nightly.timer"} {
		text := installed(t, name)
		if out, err := verify(name, text); err != nil || strings.TrimSpace(out) != "" {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
		spoilt := strings.Replace(strings.Replace(text, "WorkingDirectory=/", "WorkingDirectory=", 1), "OnCalendar=*-*-*", "OnCalendar=*-*-42", 1)
		if out, err := verify(name, spoilt); spoilt == text || err == nil && out == "" {
			t.Errorf("%s: what was spoilt was not found", name)
		}
	}
	out, err := exec.Command(analyze, "calendar", "--iterations=1", regexp.MustCompile(`OnCalendar=(.*)`).FindStringSubmatch(installed(t, "ohc-pipeline@nightly.timer"))[1]).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "02:00:00 ") {
		t.Errorf("the timer's calendar: %v\n%s", err, out)
	}
}

// The fields of batch/v1 and core/v1 that our manifest uses, as the API of
// Kubernetes has them; a field that is not here is refused.
type (
	cronJob struct {
		APIVersion string   `yaml:"apiVersion"`
		Kind       string   `yaml:"kind"`
		Metadata   metadata `yaml:"metadata"`
		Spec       struct {
			Schedule                   string `yaml:"schedule"`
			TimeZone                   string `yaml:"timeZone"`
			ConcurrencyPolicy          string `yaml:"concurrencyPolicy"`
			StartingDeadlineSeconds    int64  `yaml:"startingDeadlineSeconds"`
			SuccessfulJobsHistoryLimit int32  `yaml:"successfulJobsHistoryLimit"`
			FailedJobsHistoryLimit     int32  `yaml:"failedJobsHistoryLimit"`
			JobTemplate                struct {
				Spec jobSpec `yaml:"spec"`
			} `yaml:"jobTemplate"`
		} `yaml:"spec"`
	}
	metadata struct {
		Name   string            `yaml:"name"`
		Labels map[string]string `yaml:"labels"`
	}
	jobSpec struct {
		BackoffLimit          int32 `yaml:"backoffLimit"`
		ActiveDeadlineSeconds int64 `yaml:"activeDeadlineSeconds"`
		PodFailurePolicy      struct {
			Rules []struct {
				Action      string `yaml:"action"`
				OnExitCodes struct {
					ContainerName string  `yaml:"containerName"`
					Operator      string  `yaml:"operator"`
					Values        []int32 `yaml:"values"`
				} `yaml:"onExitCodes"`
			} `yaml:"rules"`
		} `yaml:"podFailurePolicy"`
		Template struct {
			Metadata metadata `yaml:"metadata"`
			Spec     podSpec  `yaml:"spec"`
		} `yaml:"template"`
	}
	podSpec struct {
		RestartPolicy                 string `yaml:"restartPolicy"`
		AutomountServiceAccountToken  *bool  `yaml:"automountServiceAccountToken"`
		TerminationGracePeriodSeconds int64  `yaml:"terminationGracePeriodSeconds"`
		SecurityContext               struct {
			RunAsNonRoot   bool  `yaml:"runAsNonRoot"`
			RunAsUser      int64 `yaml:"runAsUser"`
			RunAsGroup     int64 `yaml:"runAsGroup"`
			FSGroup        int64 `yaml:"fsGroup"`
			SeccompProfile struct {
				Type string `yaml:"type"`
			} `yaml:"seccompProfile"`
		} `yaml:"securityContext"`
		Containers []container `yaml:"containers"`
		Volumes    []struct {
			Name                  string `yaml:"name"`
			PersistentVolumeClaim *struct {
				ClaimName string `yaml:"claimName"`
			} `yaml:"persistentVolumeClaim"`
			Secret *struct {
				SecretName  string `yaml:"secretName"`
				DefaultMode int32  `yaml:"defaultMode"`
			} `yaml:"secret"`
			EmptyDir *struct{} `yaml:"emptyDir"`
		} `yaml:"volumes"`
	}
	container struct {
		Name            string   `yaml:"name"`
		Image           string   `yaml:"image"`
		Args            []string `yaml:"args"`
		WorkingDir      string   `yaml:"workingDir"`
		SecurityContext struct {
			AllowPrivilegeEscalation *bool `yaml:"allowPrivilegeEscalation"`
			ReadOnlyRootFilesystem   bool  `yaml:"readOnlyRootFilesystem"`
			Capabilities             struct {
				Drop []string `yaml:"drop"`
			} `yaml:"capabilities"`
		} `yaml:"securityContext"`
		Resources struct {
			Requests map[string]string `yaml:"requests"`
			Limits   map[string]string `yaml:"limits"`
		} `yaml:"resources"`
		VolumeMounts []struct {
			Name      string `yaml:"name"`
			MountPath string `yaml:"mountPath"`
			ReadOnly  bool   `yaml:"readOnly"`
		} `yaml:"volumeMounts"`
	}
)

func readCronJob(text string) (c cronJob, err error) {
	err = yaml.NewDecoder(bytes.NewReader([]byte(text)), yaml.Strict()).Decode(&c)
	return c, err
}

// wrongCronJob lists what the API of Kubernetes would refuse, and what would not
// do what we want.
func wrongCronJob(c cronJob) (wrong []string) {
	want := func(ok bool, what string) {
		if !ok {
			wrong = append(wrong, what)
		}
	}
	name := regexp.MustCompile(`^[a-z0-9]([-a-z0-9]{0,50}[a-z0-9])?$`) // 52 letters are the most for a CronJob
	spec := c.Spec.JobTemplate.Spec
	pod := spec.Template.Spec
	want(c.APIVersion == "batch/v1" && c.Kind == "CronJob", "apiVersion and kind")
	want(name.MatchString(c.Metadata.Name), "metadata.name")
	want(slices.Contains([]string{"Forbid", "Allow", "Replace"}, c.Spec.ConcurrencyPolicy), "spec.concurrencyPolicy")
	want(c.Spec.StartingDeadlineSeconds >= 10, "spec.startingDeadlineSeconds") // below it may never start
	want(slices.Contains([]string{"Never", "OnFailure"}, pod.RestartPolicy), "restartPolicy")
	want(len(spec.PodFailurePolicy.Rules) == 0 || pod.RestartPolicy == "Never", "a podFailurePolicy needs restartPolicy Never")
	want(spec.BackoffLimit >= 0 && spec.ActiveDeadlineSeconds > 0, "backoffLimit and activeDeadlineSeconds")
	want(len(pod.Containers) == 1, "containers")
	volumes := map[string]bool{}
	for _, v := range pod.Volumes {
		kinds := 0
		for _, is := range []bool{v.PersistentVolumeClaim != nil, v.Secret != nil, v.EmptyDir != nil} {
			if is {
				kinds++
			}
		}
		want(kinds == 1 && name.MatchString(v.Name) && !volumes[v.Name], "volume "+v.Name)
		volumes[v.Name] = true
	}
	for _, k := range pod.Containers {
		want(name.MatchString(k.Name) && k.Image != "", "container "+k.Name)
		for _, m := range k.VolumeMounts {
			want(volumes[m.Name] && filepath.IsAbs(m.MountPath), "volumeMount "+m.Name)
		}
		for _, amounts := range []map[string]string{k.Resources.Requests, k.Resources.Limits} {
			for what, n := range amounts {
				want((what == "cpu" || what == "memory") && regexp.MustCompile(`^[0-9]+(\.[0-9]+)?(m|Ki|Mi|Gi)?$`).MatchString(n), "resources "+what)
			}
		}
		for _, r := range spec.PodFailurePolicy.Rules {
			want(r.OnExitCodes.ContainerName == k.Name && slices.Contains([]string{"In", "NotIn"}, r.OnExitCodes.Operator) &&
				slices.Contains([]string{"FailJob", "Ignore", "Count"}, r.Action) && slices.IsSorted(r.OnExitCodes.Values) && !slices.Contains(r.OnExitCodes.Values, 0), "podFailurePolicy")
		}
	}
	return wrong
}

// TestCronJob holds that the manifest has only fields that there are, with
// values that they may have, and calls for its job at the job's times.
func TestCronJob(t *testing.T) {
	text := installed(t, "cronjob.yaml")
	c, err := readCronJob(text)
	if err != nil {
		t.Fatal(err)
	}
	if wrong := wrongCronJob(c); len(wrong) > 0 {
		t.Errorf("wrong: %v", wrong)
	}
	zone, err := time.LoadLocation(c.Spec.TimeZone)
	if err != nil {
		t.Fatal(err)
	}
	args := c.Spec.JobTemplate.Spec.Template.Spec.Containers[0].Args
	if len(args) < 3 || args[0] != "run" || !strings.HasSuffix(c.Metadata.Name, "-"+args[1]) {
		t.Fatalf("args %v", args)
	}
	sameTimes(t, c.Spec.Schedule, zone, builtInJob(t, args[1]))
	for _, edit := range [][2]string{
		{"timeZone:", "timezone:"}, {"batch/v1", "batch/v1beta1"}, {"backoffLimit: 3", "backoffLimit: three"}, {"restartPolicy: Never", "restartPolicy: Always"},
		{"concurrencyPolicy: Forbid", "concurrencyPolicy: Never"}, {"name: tmp\n                  mountPath", "name: temp\n                  mountPath"}, {"operator: In", "operator: Is"}, {"memory: 4Gi", "memory: 4GB"},
	} {
		spoilt := strings.Replace(text, edit[0], edit[1], 1)
		c, err := readCronJob(spoilt)
		if spoilt == text || err == nil && len(wrongCronJob(c)) == 0 {
			t.Errorf("%s was not found", edit[1])
		}
	}
}
