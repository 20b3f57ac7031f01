//go:build tools

// Package tools pins the fake-gcs-server that the tests of remotes build.
package tools

import _ "github.com/fsouza/fake-gcs-server"
