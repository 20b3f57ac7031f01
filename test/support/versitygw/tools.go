//go:build tools

// Package tools pins the versitygw that the tests of remotes build.
package tools

import _ "github.com/versity/versitygw/cmd/versitygw"
