package main

import (
	"context"
	"errors"

	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/fetch"
	"secondaryuse/pipeline/fetch/bulk"
)

// fetcherOf chooses how a feed is fetched.
func fetcherOf(ctx context.Context, f config.Feed) (fetch.Fetcher, error) {
	switch {
	case f.Fetch.Bulk != nil:
		return bulkFetcher(ctx, f)
	case f.Fetch.Drop != nil:
		return dropFetcher(f)
	case f.Fetch.SFTP != nil:
		return sftpFetcher(f)
	case f.Fetch.Postgres != nil:
		return postgresFetcher(f)
	}
	return nil, errors.New("fetch: no such way")
}

// bulkFetcher is the client of a FHIR server with Bulk Data Access.
func bulkFetcher(ctx context.Context, f config.Feed) (fetch.Fetcher, error) {
	b := f.Fetch.Bulk
	return bulk.New(bulk.Config{
		URL: b.URL, Of: b.Of, Group: b.Group, Types: b.Types, Filters: b.Filters,
		Client: b.Client, Key: b.Key, KeyID: b.KeyID, Token: b.TokenURL, Scopes: b.Scopes, Hosts: b.Hosts,
		CA: b.CA, Edition: b.Edition, Partial: b.Partial, Accept: b.Missing == "accept", Parallel: b.Parallel, Clock: clockIn(ctx),
	})
}
