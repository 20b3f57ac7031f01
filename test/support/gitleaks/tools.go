//go:build tools

// Package tools pins the gitleaks that the judges build.
package tools

import _ "github.com/zricethezav/gitleaks/v8"
