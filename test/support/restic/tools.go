//go:build tools

// Package tools pins the restic that the benchmark builds.
package tools

import _ "github.com/restic/restic/cmd/restic"
