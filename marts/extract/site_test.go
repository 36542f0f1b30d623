package extract

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	_ "github.com/duckdb/duckdb-go/v2"

	"secondaryuse/marts/catalogue"
	"secondaryuse/marts/domain/keyring"
	"secondaryuse/marts/domain/keyring/keyringtest"
	"secondaryuse/marts/duckdb"
	"secondaryuse/marts/egress"
	"secondaryuse/marts/eligible"
	"secondaryuse/marts/people"
	"secondaryuse/marts/project"
	"secondaryuse/marts/register"
	"secondaryuse/marts/sign"
	"secondaryuse/marts/snapshot"
)

// now is when everything here happens.
var now = time.Date(2026, 11, 12, 9, 0, 0, 0, time.UTC)

// site is an installation: a snapshot, keys, a project and all that an extract needs.
type site struct {
	testing.TB
	dir            string
	own            *age.X25519Identity // of the first recipient
	identity, next string
	second         string // the key of the second
	ring           *keyring.Ring
	sign           sign.Private
	runs           int // that were published
	Order
}

const record = `reference: DARS-NIC-123456-A1B2C
title: Falls of people with several long-term conditions
applicant: Ruth Hall
controllers:
  - {name: Example University, type: sole, registration: Z7654321, security: "DSPT 2026, standards met"}
processors: []
recipients:
  - {name: Falls study team, organisation: Example University, keys: [KEY1]}
  - {name: Second team, organisation: Example University, keys: [KEY2]}
purpose:
  kind: service-evaluation
  marts: planning
  objective: Find whether reviews of medicines go with fewer admissions after falls.
  processing: Rates by age and area are compared before and after reviews.
  benefits: People who live with several conditions fall less often.
  commercial: none
legal_basis: {gateway: "NHS Act 2006 s251, approval 26/CAG/0042", article_6: 6(1)(e), article_9: 9(2)(h), confidentiality: anonymised in context}
approvals:
  - {kind: ethics, reference: 26/WM/0123, from: 2026-10-01, until: 2029-10-01}
  - {kind: confidentiality, reference: 26/CAG/0042, from: 2026-10-01, until: 2029-10-01}
  - {kind: impact-assessment, reference: DPIA 118, from: 2026-10-01, until: 2028-10-01}
opt_outs:
  national: {rule: applies, why: confidential patient information is used}
  local: {rule: applies, why: the shared record promises it}
  type_1: {rule: applies, why: the data leave the practice}
cohort: |
  SELECT p.person_id FROM population p WHERE p.registered
tables:
  - mart: population
    why: who they are and where they live
    columns:
      - {name: age_band, why: falls go with age}
      - {name: sex, why: rates differ between men and women}
      - {name: long_term_conditions, why: the main exposure}
  - mart: activity_daily
    why: admissions after falls
    date: day
    columns:
      - {name: day, why: before or after the review}
      - {name: kind, why: emergency admissions are counted}
      - {name: activity, why: the outcome}
period: {from: 2026-01-01, until: 2026-11-01, shift_days: 20}
anonymity:
  k: 10
  knows: one-row
  suppression: 0.01
  quasi_identifiers:
    - {column: population.age_band, levels: [as-is, 10-years, 20-years, all]}
    - {column: population.sex, levels: [as-is]}
  sensitive:
    - {column: activity_daily.kind, l: 2}
  tails:
    - {column: population.long_term_conditions}
issued: 2026-11-02
start: 2026-11-10
end: 2027-11-10
retention: {until: 2028-01-10, destruction: "a certificate of destruction, backups included"}
territory: england
onward_sharing: none
outputs: [a paper with aggregates alone]
transparency_notice: https://example.org/falls
conditions: []
formats: [parquet, csv]
`

// newSite makes an installation with so many persons, 1000 and on, of whom every
// seventh is not registered, and a row for each of them on each of so many days.
func newSite(t testing.TB, people, days int) *site {
	t.Helper()
	s := &site{TB: t, dir: t.TempDir()}
	keys, identity := keyringtest.New(t, "project-falls", "project-other", string(keyring.Register))
	s.ring = keyringtest.Open(t, keys, identity)
	s.Egress = egress.Config{
		Marts: s.path("marts"), Keys: keys, People: s.path("people.yaml"), Projects: s.path("projects"), Register: s.path("register"), Outbox: s.path("outbox"),
		Signing: filepath.Join(keys, egress.SigningKey), Eligible: egress.Eligible{File: s.path("eligible"), MaxAge: egress.Span(24 * time.Hour)},
	}
	s.Project, s.By, s.Now, s.Program = "falls", "operator", now, "test"
	s.KEK, s.identity = kekOf(t, identity), identity
	s.must(os.Mkdir(s.Egress.Register, 0o700), os.Mkdir(s.Egress.Projects, 0o700), sign.Make(s.Egress.Signing))
	var err error
	s.sign, err = sign.Open(s.Egress.Signing)
	s.must(err)
	s.write("people.yaml", "people:\n"+s.person("Ruth Hall", "author")+s.person("Carl Guardian", "guardian")+s.person("Dora Custodian", "custodian"))
	s.publish(people, days)
	var second *age.X25519Identity
	s.own, err = age.GenerateX25519Identity()
	s.must(err)
	second, err = age.GenerateX25519Identity()
	s.must(err)
	s.second = second.Recipient().String()
	text := strings.NewReplacer("KEY1", s.own.Recipient().String(), "KEY2", s.second).Replace(record)
	s.write("projects/falls.yaml", text)
	s.write("projects/other.yaml", text)
	s.approve("falls")
	s.approve("other")
	s.allow(func(int64) bool { return true })
	return s
}

// person makes somebody's key, and their entry in people.yaml.
func (s *site) person(name, role string) string {
	path := s.path(name)
	s.must(sign.Make(path))
	key, err := sign.Open(path)
	s.must(err)
	return fmt.Sprintf("  - {name: %s, roles: [%s], key: %q}\n", name, role, key.Public())
}

// approve has two people approve a project as it stands, whose days are only moved, so
// that tests can look at them.
func (s *site) approve(name string) { s.Helper(); s.approveDespite(name, "a test of single days") }

// approveDespite has two people approve a project, and say why they do so although
// something was found: what is found, unless they were told of something else.
func (s *site) approveDespite(name, why string, found ...project.Finding) {
	s.Helper()
	p, err := project.Load(s.Egress.Projects, name)
	s.must(err)
	marts, err := catalogue.All()
	s.must(err)
	if why != "" && found == nil {
		found = project.Check(p, project.Against{Marts: marts, MadeFor: "planning", AsOf: time.Date(2026, 11, 11, 0, 0, 0, 0, time.UTC), Now: now})
	}
	board := s.board()
	s.must(os.RemoveAll(s.path("projects/" + name + ".approval.json")))
	for _, by := range []string{"Carl Guardian", "Dora Custodian"} {
		key, err := sign.Open(s.path(by))
		s.must(err)
		signed, err := board.Sign(s.Context(), p, by, key, why, now.AddDate(0, 0, -1), found...)
		s.must(err, board.Enter(s.Context(), p, signed))
	}
}

// board is where approvals are kept.
func (s *site) board() project.Board {
	s.Helper()
	all, err := people.Load(s.Egress.People)
	s.must(err)
	r, err := register.Open(s.Egress.Register)
	s.must(err)
	return project.Board{Folder: s.Egress.Projects, Register: r, People: all}
}

func (s *site) path(name string) string { return filepath.Join(s.dir, name) }

func (s *site) must(errs ...error) {
	s.Helper()
	for _, err := range errs {
		if err != nil {
			s.Fatal(err)
		}
	}
}

func (s *site) write(name, text string) {
	s.Helper()
	s.must(os.WriteFile(s.path(name), []byte(text), 0o600))
}

// edit changes the project.
func (s *site) edit(old, new string) {
	s.Helper()
	path := s.path("projects/" + s.Project + ".yaml")
	text, err := os.ReadFile(path)
	s.must(err)
	if !strings.Contains(string(text), old) {
		s.Fatalf("the project has no %q", old)
	}
	s.must(os.WriteFile(path, []byte(strings.Replace(string(text), old, new, 1)), 0o600))
}

// publish publishes a snapshot.
func (s *site) publish(people, days int, edits ...string) {
	s.Helper()
	s.runs++
	run := fmt.Sprint("r", s.runs)
	d, err := snapshot.Begin(s.Egress.Marts, run, s.sign)
	s.must(err)
	db, err := sql.Open("duckdb", "")
	s.must(err)
	defer db.Close()
	all, err := catalogue.All()
	s.must(err)
	m := snapshot.Manifest{Run: run, AsOf: "2026-11-11", Purpose: "planning", Domain: "00112233"}
	var marts []catalogue.Mart
	for _, mart := range all {
		query := map[string]string{
			"population": fmt.Sprintf(`SELECT 1000 + p AS person_id, ((p * 7) %% 8) * 10 || '-' || ((p * 7) %% 8) * 10 + 4 AS age_band, CASE WHEN p %% 2 = 0 THEN 'male' ELSE 'female' END AS sex,
				'White' AS ethnic_group, 'E01028812' AS lsoa, (1 + p %% 10)::INTEGER AS imd_decile, 'M82002' AS practice, NULL::VARCHAR AS pcn, p %% 7 > 0 AS registered,
				(p %% 5)::INTEGER AS long_term_conditions FROM range(%d) t(p) ORDER BY 1`, people),
			"long_term_condition": fmt.Sprintf(`SELECT 1000 + p AS person_id, 'asthma' AS register, CASE WHEN p %% 10 < 9 THEN DATE '2026-11-11' - (p * 37 %% 20000)::INTEGER END AS first_on,
				DATE '2026-11-11' - (p %% 300)::INTEGER AS latest_on, 2::BIGINT AS codes FROM range(%d) t(p) ORDER BY 1`, people),
			"activity_daily": fmt.Sprintf(`SELECT 1000 + p AS person_id, DATE '2026-11-11' - d::INTEGER AS day, ['ae', 'gp', 'bed-days'][1 + p %% 3] AS kind, (1 + hash(p, d) %% 3)::INTEGER AS activity
				FROM range(%d) t(p), range(%d) u(d) ORDER BY 1, 2`, people, days),
			"wearable_daily": fmt.Sprintf(`SELECT 1000 + p AS person_id, DATE '2026-11-11' - d::INTEGER AS day, (hash(p, d) %% 20000)::INTEGER AS steps, (45 + hash(d, p) %% 40)::INTEGER AS resting_heart_rate,
				(300 + hash(d, p, 1) %% 250)::INTEGER AS sleep_minutes, CASE WHEN hash(d, p, 2) %% 5 > 0 THEN (hash(d, p, 3) %% 120)::INTEGER END AS active_minutes,
				['garmin', 'fitbit', 'apple'][1 + p %% 3] AS steps_vendor, (hash(p, d, 4) %% 25)::INTEGER AS covered_hours FROM range(%d) t(p), range(%d) u(d) ORDER BY 1, 2`, people, days),
		}[mart.Name]
		if query == "" {
			continue
		}
		path := filepath.Join(d.Dir(), mart.Name+".parquet")
		done, err := db.Exec("COPY (" + strings.NewReplacer(edits...).Replace(query) + ") TO '" + path + "' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)")
		s.must(err, os.WriteFile(filepath.Join(d.Dir(), mart.Name+".sql"), []byte(mart.Text), 0o600))
		rows, err := done.RowsAffected()
		s.must(err)
		m.Files = append(m.Files, snapshot.File{Name: mart.Name + ".parquet", Mart: mart.Name, Rows: rows, Contract: mart.Hash()})
		marts = append(marts, mart)
	}
	s.must(duckdb.Views(context.Background(), d.Dir(), d.Final(), marts), d.Publish(m, 3))
}

// allow writes the list of who may be used now.
func (s *site) allow(who func(id int64) bool) {
	s.Helper()
	_, m, err := snapshot.Current(s.Egress.Marts)
	s.must(err)
	var ids []int64
	for id := int64(1000); id < 1000+100_000; id++ {
		if who(id) {
			ids = append(ids, id)
		}
	}
	s.must(eligible.Write(s.Egress.Eligible.File, eligible.Header{Snapshot: m.ID, Domain: m.Domain, Purpose: m.Purpose, At: now, Lists: []string{"optout: a list"}}, ids, s.sign))
}

// issue issues an extract.
func (s *site) issue() Issued {
	s.Helper()
	out, err := Issue(s.Context(), s.Order)
	s.must(err)
	return out
}

// opened is the archive of the first recipient.
func (s *site) opened(i Issued) []byte {
	s.Helper()
	f, err := os.Open(filepath.Join(i.Folder, i.Sealed[0].File))
	s.must(err)
	defer f.Close()
	r, err := age.Decrypt(f, s.own)
	s.must(err)
	var out bytes.Buffer
	_, err = out.ReadFrom(r)
	s.must(err)
	return out.Bytes()
}

// left is what is in the outbox, besides its lock.
func (s *site) left() (out []string) {
	s.Helper()
	entries, err := os.ReadDir(s.Egress.Outbox)
	if os.IsNotExist(err) {
		return nil
	}
	s.must(err)
	for _, e := range entries {
		if e.Name() != ".lock" {
			out = append(out, e.Name())
		}
	}
	return out
}
