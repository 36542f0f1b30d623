package main

import (
	"time"

	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/fetch"
	"secondaryuse/pipeline/fetch/drop"
	"secondaryuse/pipeline/fetch/inbox"
	"secondaryuse/pipeline/fetch/sftp"
)

// dropFetcher takes a feed's files out of a folder that somebody fills.
func dropFetcher(f config.Feed) (fetch.Fetcher, error) {
	return drop.New(f.Fetch.Drop.Folder, inboxPolicy(f, f.Fetch.Drop.Inbox))
}

// sftpFetcher takes them out of such a folder on another machine.
func sftpFetcher(f config.Feed) (fetch.Fetcher, error) {
	s := f.Fetch.SFTP
	return sftp.New(sftp.Config{Address: s.Address, User: s.User, Folder: s.Folder, Key: s.Key, KnownHosts: s.KnownHosts}, inboxPolicy(f, s.Inbox))
}

// inboxPolicy is what is taken. In a feed of wearables the uppermost folder
// names the account: what is equal in two accounts is of two persons.
func inboxPolicy(f config.Feed, i config.Inbox) inbox.Policy {
	return inbox.Policy{
		Marker: i.Marker, Unchanged: time.Duration(i.Unchanged), Keep: i.Then == "keep", Everything: i.Everything,
		Needs: i.Needs, Remember: time.Duration(i.Remember),
		ByFolder: f.Kind == "garmin" || f.Kind == "fitbit" || f.Kind == "apple",
	}
}
