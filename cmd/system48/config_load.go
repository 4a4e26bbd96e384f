package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// maxConfigBytes bounds the file; a real one has a few kilobytes.
const maxConfigBytes = 1 << 18

// LoadConfig reads the file at path ("" for none), lays the environment over it
// (entries of the form NAME=value, as os.Environ gives them) and checks the
// whole. The problems returned beside a usable configuration are warnings. An
// error is a *ConfigError that lists everything that is wrong at once.
func LoadConfig(path string, environ []string) (Config, []Problem, error) {
	c := DefaultConfig()
	d := newDecoder()
	if path != "" {
		data, err := readConfigFile(path)
		if err != nil {
			return c, nil, &ConfigError{File: path, Problems: []Problem{*err}}
		}
		d.file(data, &c)
	}
	warnings := d.environment(environ, &c)
	if len(d.problems) > 0 {
		return c, warnings, newConfigError(path, d.problems)
	}
	c.complete()
	faults, doubts := c.check()
	warnings = append(warnings, d.placed(doubts)...)
	return c, warnings, newConfigError(path, d.placed(faults))
}

func readConfigFile(path string) ([]byte, *Problem) {
	f, err := os.Open(path)
	if err != nil {
		return nil, &Problem{What: "cannot be read: " + reason(err), Remedy: "name a readable file with -c, or leave -c out to use the defaults"}
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxConfigBytes+1))
	switch {
	case err != nil:
		return nil, &Problem{What: "cannot be read: " + reason(err), Remedy: "name a file with -c, not a folder"}
	case len(data) > maxConfigBytes:
		return nil, &Problem{What: "is larger than 256 kB", Remedy: "this is not a configuration of System 48; start from config.example.yaml"}
	}
	return data, nil
}

// reason gives what the system said, without the path in front.
func reason(err error) string {
	var p *os.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}

// maxNesting is far beyond what a configuration needs. The parser takes minutes
// over files that are nested without end.
const maxNesting = 32

// nesting gives the line on which the file is nested too deeply, 0 when it is not.
// It does not know quotes: what it counts is at most too much.
func nesting(data []byte) int {
	depth := 0
	for i, line := range bytes.Split(data, []byte("\n")) {
		line, _, _ = bytes.Cut(line, []byte("#"))
		marks := 0
		for _, b := range line {
			switch b {
			case '[', '{':
				depth++
			case ']', '}':
				depth = max(0, depth-1)
			case '-', '?', ':', '&', '!', '|', '>':
				marks++
			}
		}
		indent := len(line) - len(bytes.TrimLeft(line, " \t"))
		if depth > maxNesting || marks > 4*maxNesting || indent > 4*maxNesting {
			return i + 1
		}
	}
	return 0
}

// parseYAML gives the top of the document, nil when it is empty.
func parseYAML(data []byte) (top ast.Node, problem *Problem) {
	defer func() {
		if r := recover(); r != nil {
			problem = &Problem{What: "is not YAML", Remedy: "check the indentation; config.example.yaml shows the form"}
		}
	}()
	if line := nesting(data); line > 0 {
		return nil, &Problem{Line: line, What: "is nested too deeply", Remedy: "close the brackets before this line; config.example.yaml shows the form"}
	}
	f, err := parser.ParseBytes(data, 0)
	if err != nil {
		p := Problem{What: "is not YAML: " + err.Error(), Remedy: "check the indentation; config.example.yaml shows the form"}
		var e yaml.Error
		if errors.As(err, &e) {
			p.What = "is not YAML: " + e.GetMessage()
			if e.GetToken() != nil && e.GetToken().Position != nil {
				p.Line = e.GetToken().Position.Line
			}
		}
		return nil, &p
	}
	for _, doc := range f.Docs {
		if doc.Body == nil || doc.Body.Type() == ast.NullType || doc.Body.Type() == ast.CommentType {
			continue
		}
		if top != nil {
			return nil, &Problem{Line: lineOf(doc.Body), What: "a second document begins here", Remedy: "keep one configuration in one file, without ---"}
		}
		top = doc.Body
	}
	return top, nil
}

func lineOf(n ast.Node) int {
	if n == nil || n.GetToken() == nil || n.GetToken().Position == nil {
		return 0
	}
	return n.GetToken().Position.Line
}

// complete fills in what follows from other keys.
func (c *Config) complete() {
	for i := range c.Channels.Email {
		c.Channels.Email[i].complete()
	}
	for i := range c.Channels.Phone {
		c.Channels.Phone[i].complete(c)
	}
	for i := range c.Calendars {
		setIfEmpty(&c.Calendars[i].Zone, c.Timezone)
	}
	c.PublicURL = strings.TrimRight(c.PublicURL, "/")
}

var urlSecrets = regexp.MustCompile(`(://[^:/?#@]*):[^/?#]*@|([?&](?:password|sslpassword)=)[^&#]*`)

// redacted hides what must not be shown in a URL.
func redacted(url string) string {
	return urlSecrets.ReplaceAllStringFunc(url, func(m string) string {
		if strings.HasPrefix(m, "://") {
			return m[:strings.Index(m[3:], ":")+3] + ":(hidden)@"
		}
		return m[:strings.Index(m, "=")+1] + "(hidden)"
	})
}

// Redacted gives the configuration as it may be shown: a password within a URL
// is hidden. Other secrets are never in it, only the names of their files.
func (c Config) Redacted() Config {
	c.Database.URL = redacted(c.Database.URL)
	c.Blobs.URL = redacted(c.Blobs.URL)
	return c
}

// readSecret gives what the file of a *_file key holds, without the line end.
func readSecret(path string) (string, error) {
	data, err := readConfigFile(path)
	if err != nil {
		return "", fmt.Errorf("secret file %s: %s", path, err.What)
	}
	s := strings.TrimRight(string(data), "\r\n")
	if s == "" {
		return "", fmt.Errorf("secret file %s: is empty", path)
	}
	return s, nil
}
