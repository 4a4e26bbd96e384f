package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"
)

// A configLoader gives the configuration of a file with what is to be warned
// of; LoadConfig with the process's environment is one.
type configLoader func(path string) (Config, []Problem, error)

// newConfigCommand makes "config check" and "config print". Both end with the
// exit code of *ConfigError when the configuration cannot be used.
func newConfigCommand(load configLoader) *cobra.Command {
	config := &cobra.Command{
		Use:   "config",
		Short: "Check and show the configuration",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var path string
	config.PersistentFlags().StringVarP(&path, "config", "c", "", "configuration `FILE`; without it the defaults and the environment count")
	config.AddCommand(newConfigCheckCommand(load, &path), newConfigPrintCommand(load, &path))
	return config
}

func newConfigCheckCommand(load configLoader, path *string) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Say what is wrong with the configuration, with line and remedy",
		Long:  "Reads the configuration and the environment, checks every value and that the files of secrets can be read.\nConnects to nothing; system48 doctor does.",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, warnings, err := load(*path)
			if err == nil {
				faults, doubts := checkSecretFiles(c)
				warnings = append(warnings, doubts...)
				err = newConfigError(*path, faults)
			}
			if asJSON {
				return errors.Join(writeCheck(cmd.OutOrStdout(), warnings, err), err)
			}
			for _, w := range warnings {
				fmt.Fprintln(cmd.ErrOrStderr(), "warning:", w.in(*path))
			}
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), "configuration ok")
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print {ok, problems, warnings} for a program")
	return cmd
}

func newConfigPrintCommand(load configLoader, path *string) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "print",
		Short: "Show the configuration in force, secrets hidden",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, _, err := load(*path)
			if err != nil {
				return err
			}
			out, err := encodeConfig(c.Redacted())
			if err == nil && asJSON {
				out, err = yaml.YAMLToJSON(out)
			}
			if err != nil {
				return fmt.Errorf("print the configuration: %w", err)
			}
			_, err = cmd.OutOrStdout().Write(out)
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON instead of YAML")
	return cmd
}

// encodeConfig writes a configuration in the form LoadConfig reads.
func encodeConfig(c Config) ([]byte, error) {
	return yaml.MarshalWithOptions(c, yaml.Indent(2), yaml.IndentSequence(true),
		yaml.CustomMarshaler(func(d time.Duration) ([]byte, error) { return []byte(formatDuration(d)), nil }))
}

// checkReport is what "config check --json" prints.
type checkReport struct {
	OK       bool          `json:"ok"`
	Problems []problemJSON `json:"problems"`
	Warnings []problemJSON `json:"warnings"`
}

type problemJSON struct {
	Key     string `json:"key,omitempty"`
	Line    int    `json:"line,omitempty"`
	Env     string `json:"env,omitempty"`
	Message string `json:"message"`
	Remedy  string `json:"remedy,omitempty"`
}

func writeCheck(w io.Writer, warnings []Problem, err error) error {
	report := checkReport{OK: err == nil, Problems: []problemJSON{}, Warnings: []problemJSON{}}
	var ce *ConfigError
	if errors.As(err, &ce) {
		for _, p := range ce.Problems {
			report.Problems = append(report.Problems, problemJSON{p.Key, p.Line, p.Env, p.What, p.Remedy})
		}
	}
	for _, p := range warnings {
		report.Warnings = append(report.Warnings, problemJSON{p.Key, p.Line, p.Env, p.What, p.Remedy})
	}
	return json.NewEncoder(w).Encode(report)
}

// minKeyBytes is the least a key of the installation may hold.
const minKeyBytes = 32

// checkSecretFiles looks whether the files that *_file keys name can be read.
// Keys of the installation may be missing: they are made at the first start.
func checkSecretFiles(c Config) (faults, doubts []Problem) {
	k := &checker{}
	var walk func(key string, v reflect.Value)
	walk = func(key string, v reflect.Value) {
		switch v.Kind() {
		case reflect.Struct:
			for i := range v.NumField() {
				walk(join(key, v.Type().Field(i).Tag.Get("yaml")), v.Field(i))
			}
		case reflect.Slice:
			for i := range v.Len() {
				walk(fmt.Sprintf("%s[%d]", key, i), v.Index(i))
			}
		case reflect.String:
			if len(key) > 5 && key[len(key)-5:] == "_file" && v.String() != "" {
				k.secretFile(key, v.String())
			}
		}
	}
	walk("", reflect.ValueOf(c))
	return k.faults, k.doubts
}

func (k *checker) secretFile(key, path string) {
	own := key == "keys.thread_key_file" || key == "keys.tracking_key_file"
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) && own {
		return
	}
	secret, rerr := readSecret(path)
	switch {
	case err != nil || rerr != nil:
		k.fault(key, "names "+path+", which cannot be read or is empty", "write the secret into that file and let the user of the service read it")
	case own && len(secret) < minKeyBytes:
		k.fault(key, fmt.Sprintf("names %s, which holds fewer than %d bytes", path, minKeyBytes), "take the file away to have one made, or put 32 random bytes into it")
	case info.Mode().Perm()&0o007 != 0 && key[max(0, len(key)-7):] != "ca_file":
		k.doubt(key, "names "+path+", which everybody on this machine can read", "chmod 600 "+path)
	}
}
