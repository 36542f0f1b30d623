package config

// Drop is a folder that somebody else fills.
type Drop struct{}

// SFTP is such a folder on another machine.
type SFTP struct{}
