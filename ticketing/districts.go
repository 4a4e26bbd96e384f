package ticketing

import (
	"context"
	"slices"

	"github.com/sistem48/system48/ticketing/district"
	"github.com/sistem48/system48/ticketing/lang"
)

// DistrictID numbers a district. It stays when the district is imported anew.
type DistrictID int64

// A District is a part of the city: tickets belong to one by their place.
type District struct {
	ID DistrictID `json:"id"`
	district.Area
	Retired bool `json:"retired,omitempty"` // no longer found; old tickets still bear it
}

// Name gives the district's name in the language.
func (d *District) Name(tag lang.Tag) string { return NameIn(d.Names, tag) }

// A DistrictSet is all districts. Every import is a new version.
type DistrictSet struct {
	Version   int64      `json:"version"`
	Districts []District `json:"districts,omitempty"`
	LastID    DistrictID `json:"last_id"`
}

// finder finds districts in use by their place in the list.
func (s *DistrictSet) finder() *district.Finder {
	areas := make([]district.Area, len(s.Districts))
	for i, d := range s.Districts {
		if !d.Retired {
			areas[i] = d.Area
		}
	}
	return district.NewFinder(areas)
}

// Areas gives the districts in use.
func (s *DistrictSet) Areas() []district.Area {
	var out []district.Area
	for _, d := range s.Districts {
		if !d.Retired {
			out = append(out, d.Area)
		}
	}
	return out
}

// WithOutlines gives the set with outlines out of a file: those of districts
// known by their code are replaced, new ones added. With replace, districts
// that are not in the file are retired. Street lists stay.
func (s *DistrictSet) WithOutlines(areas []district.Area, replace bool) DistrictSet {
	out := DistrictSet{Version: s.Version, LastID: s.LastID, Districts: slices.Clone(s.Districts)}
	in := map[string]bool{}
	for _, a := range areas {
		in[a.Code] = true
		out.put(a, func(old *District) { old.Names, old.Polygons = a.Names, a.Polygons })
	}
	for i := range out.Districts {
		if d := &out.Districts[i]; replace && !in[d.Code] {
			d.Retired = true
		}
	}
	return out
}

// WithStreets gives the set with the streets of the areas, which are those of
// Areas with lists put in, and new ones.
func (s *DistrictSet) WithStreets(areas []district.Area) DistrictSet {
	out := DistrictSet{Version: s.Version, LastID: s.LastID, Districts: slices.Clone(s.Districts)}
	for _, a := range areas {
		out.put(a, func(old *District) { old.Streets = a.Streets })
	}
	return out
}

// put changes the district of the code, or adds it.
func (s *DistrictSet) put(a district.Area, change func(old *District)) {
	for i := range s.Districts {
		if d := &s.Districts[i]; d.Code == a.Code {
			d.Retired = false
			change(d)
			return
		}
	}
	s.LastID++
	s.Districts = append(s.Districts, District{ID: s.LastID, Area: a})
}

// District gives the district of the number, also a retired one.
func (d *Directory) District(id DistrictID) (District, bool) {
	if d.Routes == nil {
		return District{}, false
	}
	return find(d.Routes.Districts.Districts, func(x *District) bool { return x.ID == id })
}

// DistrictByCode gives the district of the code.
func (d *Directory) DistrictByCode(code string) (District, bool) {
	if d.Routes == nil {
		return District{}, false
	}
	return find(d.Routes.Districts.Districts, func(x *District) bool { return x.Code == code })
}

// Districts gives the districts in use, in the order of the import.
func (d *Directory) Districts() []District {
	if d.Routes == nil {
		return nil
	}
	var out []District
	for _, x := range d.Routes.Districts.Districts {
		if !x.Retired {
			out = append(out, x)
		}
	}
	return out
}

// ImportOutlines reads districts out of a GeoJSON file and saves them; version is
// the one that was shown (see [Router.SaveDistricts]). A file with problems changes
// nothing; with replace, districts that are not in it are retired.
func (r *Router) ImportOutlines(ctx context.Context, by Actor, version int64, file []byte, replace bool) (DistrictSet, []district.Problem, error) {
	return r.importDistricts(ctx, by, version, func(s DistrictSet) (DistrictSet, []district.Problem) {
		areas, problems := district.ReadGeoJSON(file, r.Settings.City)
		if problems != nil {
			return s, problems
		}
		return s.WithOutlines(areas, replace), nil
	})
}

// ImportStreets reads a list of streets and puts it in the place of the one
// before; see [Router.ImportOutlines]. With add, districts that only the list
// knows are made.
func (r *Router) ImportStreets(ctx context.Context, by Actor, version int64, file []byte, add bool) (DistrictSet, []district.Problem, error) {
	return r.importDistricts(ctx, by, version, func(s DistrictSet) (DistrictSet, []district.Problem) {
		list, problems := district.ReadStreets(file)
		if problems != nil {
			return s, problems
		}
		areas, problems := district.Assign(s.Areas(), list, add)
		if problems != nil {
			return s, problems
		}
		return s.WithStreets(areas), nil
	})
}

func (r *Router) importDistricts(ctx context.Context, by Actor, version int64, read func(DistrictSet) (DistrictSet, []district.Problem)) (DistrictSet, []district.Problem, error) {
	var s DistrictSet
	if err := by.need(RightManage); err != nil {
		return s, nil, err
	}
	dir, err := r.Store.Directory(ctx)
	if err != nil {
		return s, nil, err
	}
	if dir.Routes != nil {
		s = dir.Routes.Districts
	}
	next, problems := read(s)
	if problems != nil {
		return s, problems, nil
	}
	next.Version = version
	return next, nil, r.SaveDistricts(ctx, by, &next)
}
