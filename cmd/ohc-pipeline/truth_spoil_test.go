package main

import "testing"

func everySpoiltFieldShows(t *testing.T, w *world, got map[string][]string) {}
func publishTakesOut(t *testing.T, w *world, got map[string][]string)       {}
