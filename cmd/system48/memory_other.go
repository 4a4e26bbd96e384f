//go:build !linux

package main

// releaseProgram does nothing: other systems take the pages of a program's file
// back by themselves.
func releaseProgram() error { return nil }
