package ticketing

import (
	"context"
)

// SaveRule enters a new version of a promise, calendar or policy. seen is the
// version that was edited, 0 for a new one: with another one meanwhile it is
// Stale, with a name that is taken Conflict. What could not be kept is Invalid of
// its field and changes nothing. Clocks that run keep the version they have.
func (r *Registry) SaveRule(ctx context.Context, by Actor, d RuleDraft, seen int) error {
	return r.saveRule(ctx, by, d, seen, map[string]any{})
}

// RestoreRule enters a version of old anew, through the checks of SaveRule; seen is
// the version in force. One that is not stored is NotFound.
func (r *Registry) RestoreRule(ctx context.Context, by Actor, kind RuleKind, name string, version, seen int) error {
	if err := by.need(RightManage); err != nil {
		return err
	}
	dir, err := r.Store.Directory(ctx)
	if err != nil {
		return err
	}
	old, ok := find(dir.Rules.stored, func(x *Rule) bool { return x.Kind == kind && x.Name == name && x.Version == version })
	if !ok {
		return &Error{Kind: NotFound, Field: "version", Key: "rule.version"}
	}
	d, err := old.draft()
	if err != nil {
		return err
	}
	return r.saveRule(ctx, by, d, seen, map[string]any{"restored": version})
}

func (r *Registry) saveRule(ctx context.Context, by Actor, d RuleDraft, seen int, data map[string]any) error {
	if err := by.need(RightManage); err != nil {
		return err
	}
	if err := checkDraft(d); err != nil {
		return err
	}
	now := r.now()
	data["rule"], data["name"], data["version"] = string(d.Kind), d.Name, seen+1
	return r.act(ctx, by, data, func(tx Tx) error {
		stored, err := tx.Rules(ctx)
		if err != nil {
			return err
		}
		if d.Kind == RuleDefault {
			newest, _ := stored.Newest(d.Kind, "")
			seen = newest.Version // one word: the last one who says it is right
			data["version"] = seen + 1
		}
		x, _, err := stored.with(d, seen, by.ID(), now, nil)
		if err != nil {
			return err
		}
		return tx.AddRules(ctx, Rules{x})
	})
}

// TryRule gives the rulebook as it would be with the draft, and stores nothing.
// Errors are those of SaveRule, but never Stale.
func (r *Registry) TryRule(ctx context.Context, by Actor, d RuleDraft) (*Rulebook, error) {
	if err := by.need(RightManage); err != nil {
		return nil, err
	}
	if err := checkDraft(d); err != nil {
		return nil, err
	}
	dir, err := r.Store.Directory(ctx)
	if err != nil {
		return nil, err
	}
	newest, _ := dir.Rules.stored.Newest(d.Kind, d.Name)
	_, book, err := dir.Rules.stored.with(d, newest.Version, by.ID(), r.now(), dir.Rules.zone)
	return book, err
}

func checkDraft(d RuleDraft) error {
	switch {
	case d.Kind == RuleDefault:
	case !codePattern.MatchString(d.Name):
		return invalid("name", "code.malformed")
	case d.Kind == RuleCalendar && d.Name == alwaysOpen:
		return &Error{Kind: Conflict, Field: "name", Key: "rule.taken"}
	}
	return nil
}
