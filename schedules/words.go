package schedules

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// When is the times of a job in words.
func (j Job) When() string {
	switch {
	case j.Off != "":
		return "never: " + j.Off
	case j.Cron == "":
		return "at the times of " + j.After + ", when that has " + map[bool]string{false: "succeeded", true: "ended"}[j.Ended]
	}
	return j.times.hours() + j.times.days() + ", by the clock of " + j.Zone.String()
}

// hours says at which times of a day a spec is due.
func (s spec) hours() string {
	minutes, hours := members(s.Minute, 0, 59), members(s.Hour, 0, 23)
	var text []string
	switch {
	case s.hourly() && len(minutes) == 60:
		return "every minute"
	case s.hourly():
		return "every hour at minute " + join(spell(minutes, strconv.Itoa), "and")
	case len(minutes)*len(hours) > 12:
		return "at minute " + join(spell(minutes, strconv.Itoa), "and") + " of the hours " + join(spell(hours, strconv.Itoa), "and")
	}
	for _, h := range hours {
		for _, m := range minutes {
			text = append(text, fmt.Sprintf("%02d:%02d", h, m))
		}
	}
	return "at " + join(text, "and")
}

// days says on which days a spec is due.
func (s spec) days() string {
	dom := "day " + join(spell(members(s.Dom, 1, 31), strconv.Itoa), "or") + " of the month"
	dow := join(spell(members(s.Dow, 0, 6), func(d int) string { return time.Weekday(d).String() }), "or")
	anyDom, anyDow := len(members(s.Dom, 1, 31)) == 31, len(members(s.Dow, 0, 6)) == 7
	text := ""
	switch {
	case anyDom && anyDow, s.Dom&star == 0 && s.Dow&star == 0 && (anyDom || anyDow):
		text = " every day"
	case anyDow:
		text = " on " + dom
	case anyDom:
		text = " on " + dow
	default:
		text = " on " + dom + ", and besides on every " + dow
	}
	if months := members(s.Month, 1, 12); len(months) < 12 {
		text += " in " + join(spell(months, func(m int) string { return time.Month(m).String() }), "and")
	}
	return text
}

// members are the values that a field names.
func members(bits uint64, from, to int) []int {
	var out []int
	for i := from; i <= to; i++ {
		if bits&(1<<i) != 0 {
			out = append(out, i)
		}
	}
	return out
}

func spell(values []int, word func(int) string) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = word(v)
	}
	return out
}

// join is a list as it is spoken.
func join(words []string, last string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	n := len(words) - 1
	return strings.Join(words[:n], ", ") + " " + last + " " + words[n]
}
