package postgres

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"secondaryuse/pipeline/fetch"
	"secondaryuse/pipeline/fetch/credential"
)

// near reports whether a host is this machine.
func near(host string) bool {
	ip := net.ParseIP(host)
	return strings.HasPrefix(host, "/") || host == "localhost" || ip != nil && ip.IsLoopback()
}

// connect opens a connection.
func (f *Fetcher) connect(ctx context.Context) (*pgx.Conn, error) {
	c, err := f.settings()
	if err != nil {
		return nil, err
	}
	return pgx.ConnectConfig(ctx, c)
}

// settings is how a connection is made. Nothing of it comes from the
// environment or from files in a home folder, where the driver looks by itself.
func (f *Fetcher) settings() (*pgx.ConnConfig, error) {
	c, err := pgx.ParseConfig("host=localhost user=nobody dbname=none sslmode=disable")
	if err != nil {
		return nil, errors.New("a variable of the environment whose name begins with PG cannot be read; take it away")
	}
	c.Host, c.Port, c.Database, c.User, c.Password = f.Host, f.Port, f.Database, f.User, ""
	c.Fallbacks, c.ValidateConnect, c.AfterConnect, c.SSLNegotiation = nil, nil, nil, ""
	c.RuntimeParams = map[string]string{"application_name": "ohc-pipeline", "client_encoding": "UTF8"}
	c.ConnectTimeout, c.DefaultQueryExecMode = time.Minute, pgx.QueryExecModeExec
	c.RequireAuth, c.ChannelBinding = "", "prefer"
	if c.TLSConfig, err = f.tls(); err != nil {
		return nil, err
	}
	if !near(f.Host) && (c.TLSConfig == nil || c.TLSConfig.InsecureSkipVerify) {
		c.RequireAuth = "scram-sha-256" // whoever is there must not be told the password
	}
	if f.Password != "" {
		secret, err := credential.Read(f.Password)
		if err != nil {
			return nil, fmt.Errorf("password: %w", err)
		}
		c.Password = string(bytes.TrimRight(secret, "\r\n"))
	}
	return c, nil
}

// tls is how the server shows who it is.
func (f *Fetcher) tls() (*tls.Config, error) {
	if f.TLS == "none" || f.TLS == "" && near(f.Host) || strings.HasPrefix(f.Host, "/") {
		return nil, nil
	}
	c := &tls.Config{ServerName: f.Host, MinVersion: tls.VersionTLS12, InsecureSkipVerify: f.TLS == "unverified"}
	if f.CA != "" {
		text, err := os.ReadFile(f.CA)
		if c.RootCAs = x509.NewCertPool(); err != nil || !c.RootCAs.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("ca: %s: no certificates in PEM form", f.CA)
		}
	}
	if f.Certificate != "" {
		ours, err := os.ReadFile(f.Certificate)
		if err != nil {
			return nil, fmt.Errorf("certificate: %s: cannot be read", f.Certificate)
		}
		key, err := credential.Read(f.Key)
		if err != nil {
			return nil, fmt.Errorf("key: %w", err)
		}
		pair, err := tls.X509KeyPair(ours, key)
		if err != nil {
			return nil, fmt.Errorf("certificate: %s: it does not go with key", f.Certificate)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}

// fail names the system, and leaves out what PostgreSQL says in words.
func (f *Fetcher) fail(ctx context.Context, err error) error {
	if stop := ctx.Err(); stop != nil {
		return fmt.Errorf("postgres: %w", stop)
	}
	return fmt.Errorf("postgres: %w", f.reason(err))
}

// codes says what PostgreSQL's codes mean for the operator.
var codes = map[string]string{
	"08P01": "the server does not keep to the protocol",
	"28000": "the server does not let this user in from here; next: a line in its pg_hba.conf",
	"28P01": "the server does not accept user or password",
	"3D000": "there is no such database",
	"42501": "something may not be read; next: GRANT SELECT on it",
	"42P01": "a table or view is gone",
	"42703": "a column is gone",
	"53300": "the server has too many connections",
	"55P03": "a table is locked by somebody for too long",
	"57014": "a statement took longer than timeout, or somebody stopped it",
	"57P01": "the server was shut down, or somebody ended the connection",
	"57P02": "the server has crashed",
	"57P03": "the server is starting or stopping",
	"40001": "the server, a replica, could not keep the snapshot; next: again, or hot_standby_feedback there",
}

// reason is what an error means, without a value that PostgreSQL may quote.
func (f *Fetcher) reason(err error) error {
	var own *tableError
	var pg *pgconn.PgError
	var connect *pgconn.ConnectError
	switch isConnect := errors.As(err, &connect); {
	case errors.As(err, &own):
		return &tableError{own.table, f.reason(own.err)}
	case errors.Is(err, fetch.ErrLost), errors.Is(err, fetch.ErrNothing):
		return err
	case errors.As(err, &pg):
		if text, ok := codes[pg.Code]; ok {
			return fmt.Errorf("%s (%s)", text, pg.Code)
		}
		return fmt.Errorf("the server refuses it (%s)", pg.Code)
	case isConnect:
		return f.unreached(connect)
	case broken(err):
		return errors.New("the connection broke off")
	}
	return err
}

func broken(err error) bool {
	var n net.Error
	return errors.As(err, &n) || pgconn.Timeout(err) || strings.Contains(err.Error(), "EOF") || strings.Contains(err.Error(), "conn closed")
}

// unreached says why there is no connection.
func (f *Fetcher) unreached(err error) error {
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	var op *net.OpError
	switch text := err.Error(); {
	case errors.As(err, &unknown):
		return errors.New("the server's certificate is of an authority that is not trusted; next: give it as ca")
	case errors.As(err, &name):
		return errors.New("the server's certificate is not for this host; next: give host as the certificate has it")
	case errors.As(err, &invalid):
		return errors.New("the server's certificate is not valid any more, or not for a server")
	case strings.Contains(text, "refused TLS"):
		return errors.New("the server has no TLS, and would be told the password as it is")
	case strings.Contains(text, "require_auth"):
		return errors.New("the server wants the password in a way that would give it away on an unverified connection")
	case errors.As(err, &op) && op.Op == "dial":
		return fmt.Errorf("the server cannot be reached: %w", op.Err)
	}
	return errors.New("no connection: the server hangs up, or speaks something else")
}

// tableError is an error of one table.
type tableError struct {
	table string
	err   error
}

// Error names the table.
func (e *tableError) Error() string { return "table " + e.table + ": " + e.err.Error() }

// Unwrap returns the reason.
func (e *tableError) Unwrap() error { return e.err }
