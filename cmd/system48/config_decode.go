package main

import (
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// A decoder lays a YAML document and environment variables over a Config. It
// goes on after a problem, so that an operator sees all of them at once, and it
// remembers where every value came from.
type decoder struct {
	problems []Problem
	lines    map[string]int    // key → line of the file
	vars     map[string]string // key → environment variable
}

func newDecoder() *decoder {
	return &decoder{lines: map[string]int{}, vars: map[string]string{}}
}

// file decodes the document into c.
func (d *decoder) file(data []byte, c *Config) {
	top, problem := parseYAML(data)
	switch {
	case problem != nil:
		d.problems = append(d.problems, *problem)
	case top != nil:
		d.value("", top, reflect.ValueOf(c).Elem())
	}
}

// placed gives the problems the lines and variables that their values, or the
// nearest section around them, came from.
func (d *decoder) placed(problems []Problem) []Problem {
	for i, p := range problems {
		for key := p.Key; key != ""; key = outer(key) {
			if v, ok := d.vars[key]; ok && key == p.Key {
				problems[i].Env = v
				break
			}
			if line, ok := d.lines[key]; ok {
				problems[i].Line = line
				break
			}
		}
	}
	return problems
}

// outer gives the key of the section around a key.
func outer(key string) string {
	return key[:max(0, strings.LastIndexAny(key, ".["))]
}

func (d *decoder) problem(key string, n ast.Node, what, remedy string) {
	d.problems = append(d.problems, Problem{Key: key, Line: lineOf(n), What: what, Remedy: remedy})
}

// value decodes a node into v.
func (d *decoder) value(key string, n ast.Node, v reflect.Value) {
	if line := lineOf(n); line > 0 && d.lines[key] == 0 {
		d.lines[key] = line
	}
	if n.Type() == ast.NullType {
		return // "key:" with nothing behind it keeps the default
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.value(key, n, v.Elem())
	case reflect.Struct:
		d.section(key, n, v)
	case reflect.Slice:
		d.list(key, n, v)
	case reflect.Map:
		d.names(key, n, v)
	default:
		d.scalarNode(key, n, v)
	}
}

// section decodes a mapping into a struct.
func (d *decoder) section(key string, n ast.Node, v reflect.Value) {
	pairs, ok := pairsOf(n)
	if !ok {
		d.problem(key, n, "must be a section of keys", "write its keys below it: "+strings.Join(keysOf(v.Type()), ", "))
		return
	}
	seen := map[string]bool{}
	for _, pair := range pairs {
		name := pair.Key.GetToken().Value
		inner := join(key, name)
		field, known := fieldOf(v, name)
		switch {
		case !known:
			d.problem(inner, pair.Key, "is not a key that exists here", unknownRemedy(name, v.Type()))
		case seen[name]:
			d.problem(inner, pair.Key, "is given twice", "keep one of them")
		default:
			d.lines[inner] = lineOf(pair.Key)
			d.value(inner, pair.Value, field)
		}
		seen[name] = true
	}
}

// list decodes a sequence. What the file lists takes the place of the default
// list as a whole.
func (d *decoder) list(key string, n ast.Node, v reflect.Value) {
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		d.problem(key, n, "must be a list", "write [a, b], or one item a line, each behind a dash")
		return
	}
	out := reflect.MakeSlice(v.Type(), len(seq.Values), len(seq.Values))
	for i, item := range seq.Values {
		e := out.Index(i)
		if p, ok := e.Addr().Interface().(interface{ setDefaults() }); ok {
			p.setDefaults()
		}
		inner := fmt.Sprintf("%s[%d]", key, i)
		if item.Type() == ast.NullType {
			d.problem(inner, item, "is empty", "give it a value, or take the dash away")
			continue
		}
		d.value(inner, item, e)
	}
	v.Set(out)
}

// names decodes a mapping of free keys, such as names by language.
func (d *decoder) names(key string, n ast.Node, v reflect.Value) {
	pairs, ok := pairsOf(n)
	if !ok {
		d.problem(key, n, "must be a section of keys", "write one line a language, for example  en: Street lighting")
		return
	}
	out := reflect.MakeMap(v.Type())
	for _, pair := range pairs {
		name := pair.Key.GetToken().Value
		e := reflect.New(v.Type().Elem()).Elem()
		d.value(join(key, name), pair.Value, e)
		out.SetMapIndex(reflect.ValueOf(name), e)
	}
	v.Set(out)
}

// scalarNode decodes one value.
func (d *decoder) scalarNode(key string, n ast.Node, v reflect.Value) {
	text, ok := scalarText(n)
	if !ok {
		d.problem(key, n, "must be one value", "write it on the same line, without anchors, tags or brackets")
		return
	}
	if what, remedy := setScalar(v, text); what != "" {
		d.problem(key, n, what, remedy)
	}
}

// setScalar sets v from its text, or says what is wrong with it.
func setScalar(v reflect.Value, text string) (what, remedy string) {
	if v.Type() == reflect.TypeFor[time.Duration]() {
		t, err := parseDuration(text)
		if err != nil {
			return fmt.Sprintf("is %q, not a time", clip(text)), "write a number with a unit: 30s, 10m, 48h, 30d, 2w"
		}
		v.SetInt(int64(t))
		return "", ""
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		if text != "true" && text != "false" {
			return fmt.Sprintf("is %q, not true or false", clip(text)), "write true or false"
		}
		v.SetBool(text == "true")
	case reflect.Int:
		i, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Sprintf("is %q, not a whole number", clip(text)), "write digits only, without a unit"
		}
		v.SetInt(int64(i))
	case reflect.Float64:
		x, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
			return fmt.Sprintf("is %q, not a number", clip(text)), "write digits with a point before decimals: 42.44"
		}
		v.SetFloat(x)
	default:
		return "cannot be set this way", "set it in the file"
	}
	return "", ""
}

func clip(s string) string {
	if len(s) > 40 {
		return strings.ToValidUTF8(s[:40], "") + "…"
	}
	return s
}

// scalarText gives a scalar as it was written, quotes apart.
func scalarText(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return strings.TrimSpace(n.Value.Value), true
	case *ast.BoolNode, *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, true
	}
	return "", false
}

func pairsOf(n ast.Node) ([]*ast.MappingValueNode, bool) {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, true
	}
	return nil, false
}

func join(key, name string) string {
	if key == "" {
		return name
	}
	return key + "." + name
}

// fieldOf gives the field of a struct that carries the key.
func fieldOf(v reflect.Value, name string) (reflect.Value, bool) {
	for i := range v.NumField() {
		if v.Type().Field(i).Tag.Get("yaml") == name {
			return v.Field(i), true
		}
	}
	return reflect.Value{}, false
}

// keysOf lists the keys of a section in the order they are declared.
func keysOf(t reflect.Type) []string {
	keys := make([]string, t.NumField())
	for i := range keys {
		keys[i] = t.Field(i).Tag.Get("yaml")
	}
	return keys
}

// inlineSecrets are the keys people write a secret under elsewhere.
var inlineSecrets = map[string]string{
	"password": "password_file", "pass": "password_file", "secret": "client_secret_file", "client_secret": "client_secret_file",
	"refresh_token": "refresh_token_file", "token": "refresh_token_file", "access_key": "access_key_file",
	"secret_key": "secret_key_file", "thread_key": "thread_key_file", "tracking_key": "tracking_key_file",
}

func unknownRemedy(name string, t reflect.Type) string {
	keys := keysOf(t)
	if file, ok := inlineSecrets[name]; ok && slices.Contains(keys, file) {
		return "secrets are not written into the configuration: put it in a file of its own and name that file in " + file
	}
	if near := nearest(name, keys); near != "" {
		return "did you mean " + near + "?"
	}
	return "the keys here are " + strings.Join(keys, ", ")
}

// parseDuration reads what time.ParseDuration reads, and whole days and weeks.
func parseDuration(s string) (time.Duration, error) {
	units := map[string]time.Duration{"d": day, "w": 7 * day}
	for _, unit := range slices.Sorted(maps.Keys(units)) {
		digits, ok := strings.CutSuffix(s, unit)
		if !ok {
			continue
		}
		n, err := strconv.ParseUint(digits, 10, 16)
		if err != nil {
			return 0, fmt.Errorf("not a number of days or weeks: %w", err)
		}
		return time.Duration(n) * units[unit], nil
	}
	d, err := time.ParseDuration(s)
	if err != nil {
		return 0, fmt.Errorf("not a time: %w", err)
	}
	return d, nil
}

const day = 24 * time.Hour

// formatDuration is the shortest form that parseDuration reads back.
func formatDuration(d time.Duration) string {
	switch {
	case d == 0:
		return "0s"
	case d%day == 0 && d > 2*day:
		return strconv.FormatInt(int64(d/day), 10) + "d"
	case d%time.Hour == 0:
		return strconv.FormatInt(int64(d/time.Hour), 10) + "h"
	case d%time.Minute == 0:
		return strconv.FormatInt(int64(d/time.Minute), 10) + "m"
	}
	return d.String()
}
