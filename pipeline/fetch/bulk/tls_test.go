package bulk_test

import (
	"crypto/tls"
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"secondaryuse/pipeline/fetch"
)

// TestTLS holds that a server is who it says, by a protocol that is safe.
func TestTLS(t *testing.T) {
	s := newSite(t)
	s.config.CA = ""
	_, err := s.fetch(fetch.Last{}, t.TempDir())
	s.refused(err, "discovery: the certificate is of an authority that is not trusted; next: give the authority's file as ca")
	if n := s.Requests("discovery"); n != 0 {
		t.Errorf("%d requests", n)
	}
	s.config.CA = s.CA
	s.config.URL = strings.Replace(s.URL, "127.0.0.1", "localhost", 1)
	_, err = s.fetch(fetch.Last{}, t.TempDir())
	s.refused(err, "the certificate is that of another host")
	s.config.CA = s.config.Key
	_, err = s.fetch(fetch.Last{}, t.TempDir())
	s.refused(err, "ca: ", "no certificate in PEM")
	s.config.URL, s.config.CA = "https://127.0.0.1:1/fhir", s.CA
	_, err = s.fetch(fetch.Last{}, t.TempDir())
	s.refused(err, "discovery: the connection was refused")
	s.config.URL = "https://" + bulktestName + ".invalid/fhir"
	_, err = s.fetch(fetch.Last{}, t.TempDir())
	if err == nil {
		t.Error("a host that is not there answers")
	}
}

const bulktestName = "nowhere"

// TestOldTLS holds that TLS 1.1 is refused.
func TestOldTLS(t *testing.T) {
	s := newSite(t)
	old := httptest.NewUnstartedServer(http.NotFoundHandler())
	old.Config.ErrorLog = log.New(io.Discard, "", 0)
	old.TLS = &tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}
	old.StartTLS()
	defer old.Close()
	s.config.CA = filepath.Join(t.TempDir(), "ca.pem")
	os.WriteFile(s.config.CA, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: old.Certificate().Raw}), 0o600)
	s.config.URL = old.URL
	_, err := s.fetch(fetch.Last{}, t.TempDir())
	s.refused(err, "discovery: the connection failed")
}
