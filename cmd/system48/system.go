package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/sistem48/system48/channels/phone"
	"github.com/sistem48/system48/storage"
	"github.com/sistem48/system48/storage/blob"
	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/calendar"
	"github.com/sistem48/system48/ticketing/district"
	"github.com/sistem48/system48/ticketing/lang"
	"github.com/sistem48/system48/ticketing/letters"
)

// A system is the opened installation: database, files, keys and use cases,
// without anything that listens or runs by itself.
type system struct {
	cfg    Config
	log    *slog.Logger
	now    func() time.Time
	zone   *time.Location
	db     *storage.DB
	blobs  blob.Store
	book   *letters.Shelf
	bureau *ticketing.Bureau
	demo   *demoMail   // the demo's post office; nil otherwise
	phones *demoPhones // the demo's telephone exchange; nil otherwise
}

// openSystem opens the database (migrating it), the blob store and the keys, and
// enters what the configuration brings to a new installation.
func openSystem(ctx context.Context, cfg Config, log *slog.Logger) (*system, error) {
	return openSystemAt(ctx, cfg, log, time.Now)
}

// openSystemAt is openSystem by another clock: the sample city is told by its own.
func openSystemAt(ctx context.Context, cfg Config, log *slog.Logger, now func() time.Time) (*system, error) {
	rules, err := cfg.rulebook()
	if err != nil {
		return nil, withCode(exitConfig, err)
	}
	s := &system{cfg: cfg, log: log, now: now, zone: rules.Zone()}
	keys, err := openKeys(cfg.Keys)
	if err != nil {
		return nil, err
	}
	if s.blobs, err = openBlobs(cfg.Blobs); err != nil {
		return nil, err
	}
	dsn, err := databaseURL(cfg.Database)
	if err != nil {
		return nil, err
	}
	if s.db, err = storage.Open(ctx, storage.Config{URL: dsn}, s.now, log.With("part", "storage")); err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	s.book, err = letters.NewShelf(letters.Options{
		City: cfg.City.Name, Phone: cfg.City.Phone, Zone: s.zone, Default: lang.Tag(cfg.DefaultLanguage),
	})
	if err == nil {
		s.bureau = &ticketing.Bureau{Store: s.db, Keys: keys, Letters: s.book, Settings: cfg.settings(), Now: s.now}
		err = s.enterDirectory(ctx)
	}
	if err == nil {
		err = s.useLetters(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (s *system) close() error {
	if s.db == nil {
		return nil
	}
	return s.db.Close()
}

// databaseURL gives the URL with the password of its file, and makes the folder
// of an embedded database.
func databaseURL(c DatabaseConfig) (string, error) {
	if path, ok := strings.CutPrefix(c.URL, "sqlite:"); ok {
		return c.URL, os.MkdirAll(filepath.Dir(path), 0o700)
	}
	if c.PasswordFile == "" {
		return c.URL, nil
	}
	password, err := readSecret(c.PasswordFile)
	if err != nil {
		return "", withCode(exitConfig, err)
	}
	return withPassword(c.URL, password)
}

func openBlobs(c BlobsConfig) (blob.Store, error) {
	if dir, ok := strings.CutPrefix(c.URL, "file:"); ok {
		return blob.OpenFolder(dir, 0)
	}
	cfg, err := c.s3()
	if err != nil {
		return nil, withCode(exitConfig, err)
	}
	return blob.OpenS3(cfg)
}

// keyBytes is the length of keys that are made here.
const keyBytes = 32

// openKeys reads the keys; missing files are made.
func openKeys(c KeysConfig) (ticketing.Keyring, error) {
	var ring ticketing.Keyring
	for _, k := range []struct {
		path string
		into *[][]byte
	}{{c.ThreadKeyFile, &ring.Thread}, {c.TrackingKeyFile, &ring.Tracking}} {
		keys, err := readKeys(k.path)
		if errors.Is(err, os.ErrNotExist) {
			keys, err = makeKey(k.path)
		}
		if err != nil {
			return ring, withCode(exitConfig, fmt.Errorf("key file %s: %w", k.path, err))
		}
		*k.into = keys
	}
	ring.Link = ring.Tracking
	return ring, nil
}

// readKeys reads one key a line; the first one makes, all verify.
func readKeys(path string) ([][]byte, error) {
	data, err := os.ReadFile(path) //nolint:gosec // G304: the path is the operator's
	if err != nil {
		return nil, err
	}
	var keys [][]byte
	for line := range strings.Lines(string(data)) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if len(line) < keyBytes {
			return nil, fmt.Errorf("a key of %d characters is too short; write at least %d", len(line), keyBytes)
		}
		keys = append(keys, []byte(line))
	}
	if len(keys) == 0 {
		return nil, errors.New("is empty; remove it and a new key is made")
	}
	return keys, nil
}

func makeKey(path string) ([][]byte, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.new")
	if err != nil {
		return nil, err
	}
	defer os.Remove(f.Name())
	key := rand.Text() + rand.Text()
	_, err = f.WriteString(key + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, err
	}
	// A link appears whole or not at all: nobody reads half a key (F59).
	if err = os.Link(f.Name(), path); errors.Is(err, os.ErrExist) {
		return readKeys(path) // another process was first
	}
	if err != nil { // a file system without links
		err = os.Rename(f.Name(), path)
	}
	return [][]byte{[]byte(key)}, err
}

// settings gives the core what it needs to know of the configuration.
func (c Config) settings() ticketing.Settings {
	s := ticketing.Settings{
		Prefix: c.Reference.Prefix, PublicURL: c.PublicURL, Language: lang.Tag(c.DefaultLanguage), UndoWait: c.Channels.UndoWait,
		City: district.Surroundings{Center: district.Point{c.City.Center.Lon, c.City.Center.Lat}, Radius: c.City.Center.RadiusKM},
	}
	s.Region, s.CallWords = c.City.Region, phone.Words(lang.Tag(c.DefaultLanguage))
	for i := range c.Channels.Phone {
		s.Lines = append(s.Lines, c.Channels.Phone[i].line())
	}
	for _, a := range c.Channels.Email {
		s.Accounts = append(s.Accounts, ticketing.Account{
			Name: a.Name, Channel: ticketing.ChannelEmail, Address: strings.ToLower(a.Address), From: a.SMTP.From,
			Domain: a.ReplyDomain, Plus: a.PlusAddressing,
		})
		if len(s.Accounts) == 1 {
			s.Receipts = ticketing.ReceiptCaps{
				Enabled: a.Autoreply.Enabled, PerHour: a.Autoreply.PerAddressPerHour,
				PerDay: a.Autoreply.PerAddressPerDay, VerifiedPerDay: a.Autoreply.VerifiedPerDay,
			}
			s.MailLimit = fmt.Sprintf("%d MB", a.IMAP.MaxMessageMB)
		}
	}
	c.smsSettings(&s)
	return s
}

// enterDirectory enters the promises, and the departments and categories that
// the database does not know yet; those it knows are kept as they are.
func (s *system) enterDirectory(ctx context.Context) error {
	rules, specs, err := s.cfg.rules()
	if err != nil {
		return withCode(exitConfig, err)
	}
	err = s.db.InTx(ctx, func(tx ticketing.Tx) error {
		return ticketing.EnterRules(ctx, tx, rules, specs, s.cfg.DefaultProfile, s.now())
	})
	if err != nil {
		return fmt.Errorf("enter promises: %w", err)
	}
	reg, by := ticketing.Registry{Bureau: s.bureau}, ticketing.SystemActor("config")
	dir, err := s.db.Directory(ctx)
	if err != nil {
		return err
	}
	for _, item := range s.cfg.Departments {
		if _, known := dir.DepartmentByCode(item.Code); known {
			continue
		}
		d := ticketing.Department{Code: item.Code, Names: names(item.Names), Email: item.Email, Digest: item.Digest, Intake: item.Intake}
		if err := reg.SaveDepartment(ctx, by, &d); err != nil && !errors.Is(err, ticketing.Conflict) {
			return fmt.Errorf("enter department %s: %w", item.Code, err)
		}
	}
	return s.enterCategories(ctx, reg, by)
}

func (s *system) enterCategories(ctx context.Context, reg ticketing.Registry, by ticketing.Actor) error {
	dir, err := s.freshDirectory(ctx)
	if err != nil {
		return err
	}
	for _, item := range s.cfg.Categories {
		if _, known := dir.CategoryByCode(item.Code); known {
			continue
		}
		d, ok := dir.DepartmentByCode(item.Department)
		if !ok {
			return withCode(exitConfig, fmt.Errorf("category %s: there is no department %q", item.Code, item.Department))
		}
		proof := ticketing.Proof(item.Proof)
		if item.Proof == "none" {
			proof = ticketing.ProofNone
		}
		c := ticketing.Category{
			Code: item.Code, Names: names(item.Names), Department: d.ID, OnCall: item.OnCall, Profile: item.Profile,
			ResolveDays: item.ResolveDays, Proof: proof, Default: item.Default,
		}
		if err := reg.SaveCategory(ctx, by, &c); err != nil && !errors.Is(err, ticketing.Conflict) {
			return fmt.Errorf("enter category %s: %w", item.Code, err)
		}
	}
	return nil
}

// freshDirectory waits until the snapshot holds what was just entered: it may be
// a second old.
func (s *system) freshDirectory(ctx context.Context) (*ticketing.Directory, error) {
	for range 30 {
		dir, err := s.db.Directory(ctx)
		if err != nil {
			return nil, err
		}
		known := true
		for _, item := range s.cfg.Departments {
			_, ok := dir.DepartmentByCode(item.Code)
			known = known && ok
		}
		if known {
			return dir, nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return nil, errors.New("departments of the configuration do not appear in the directory")
}

func names(in map[string]string) map[lang.Tag]string {
	out := make(map[lang.Tag]string, len(in))
	for tag, n := range in {
		out[lang.Tag(tag)] = n
	}
	return out
}

// rules gives profiles and calendars as the store keeps them.
func (c Config) rules() ([]ticketing.Profile, []calendar.Spec, error) {
	var specs []calendar.Spec
	for _, item := range c.Calendars {
		spec, err := item.spec()
		if err != nil {
			return nil, nil, fmt.Errorf("calendar %s: %w", item.Name, err)
		}
		specs = append(specs, spec)
	}
	profiles := make([]ticketing.Profile, len(c.Profiles))
	for i, p := range c.Profiles {
		profiles[i] = p.profile()
	}
	return profiles, specs, nil
}
