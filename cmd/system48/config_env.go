package main

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// envPrefix begins the variables that override the file: SYSTEM48_, then the
// key with "__" for every dot, and the number of a list's item as a part of its
// own: SYSTEM48_HTTP__LISTEN, SYSTEM48_CHANNELS__EMAIL__0__IMAP__HOST.
const envPrefix = "SYSTEM48_"

// environment lays the variables over c. Names without "__" that are no key are
// left alone with a warning: container platforms set SYSTEM48_PORT and the like
// on their own account.
func (d *decoder) environment(environ []string, c *Config) (warnings []Problem) {
	sorted := slices.Sorted(slices.Values(environ))
	for _, entry := range sorted {
		name, text, ok := strings.Cut(entry, "=")
		rest, ours := strings.CutPrefix(name, envPrefix)
		if !ok || !ours || strings.HasPrefix(rest, "TEST_") {
			continue
		}
		parts := strings.Split(strings.ToLower(rest), "__")
		_, known := fieldOf(reflect.ValueOf(c).Elem(), parts[0])
		if !known && len(parts) == 1 {
			if near := nearest(parts[0], keysOf(reflect.TypeFor[Config]())); near != "" {
				warnings = append(warnings, Problem{Env: name, What: "is not a key and was left alone", Remedy: "did you mean " + envPrefix + strings.ToUpper(near) + "?"})
			}
			continue
		}
		if p := d.variable(parts, text, reflect.ValueOf(c).Elem()); p != nil {
			p.Env = name
			d.problems = append(d.problems, *p)
			continue
		}
		d.vars[keyOf(parts)] = name
	}
	return warnings
}

// variable sets the value that parts lead to, or says why it cannot.
func (d *decoder) variable(parts []string, text string, v reflect.Value) *Problem {
	for _, part := range parts {
		switch v.Kind() {
		case reflect.Struct:
			field, known := fieldOf(v, part)
			if !known {
				return &Problem{What: fmt.Sprintf("names no key: there is no %q", part), Remedy: unknownRemedy(part, v.Type())}
			}
			v = field
		case reflect.Slice:
			i, err := strconv.Atoi(part)
			if err != nil || i < 0 || i >= v.Len() {
				return &Problem{What: fmt.Sprintf("names no item: the list has %d, counted from 0", v.Len()), Remedy: "lists are written in the file; a variable can only change their items"}
			}
			v = v.Index(i)
		default:
			return &Problem{What: fmt.Sprintf("names no key: there is nothing below %q", part), Remedy: "take the part behind the last __ away"}
		}
	}
	if v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.String {
		list := []string{}
		for item := range strings.SplitSeq(text, ",") {
			if item = strings.TrimSpace(item); item != "" {
				list = append(list, item)
			}
		}
		v.Set(reflect.ValueOf(list))
		return nil
	}
	if what, remedy := setScalar(v, text); what != "" {
		return &Problem{What: what, Remedy: remedy}
	}
	return nil
}

// keyOf gives the key that the parts of a variable's name lead to.
func keyOf(parts []string) string {
	key := ""
	for _, p := range parts {
		if _, err := strconv.Atoi(p); err == nil {
			key += "[" + p + "]"
			continue
		}
		key = join(key, p)
	}
	return key
}
