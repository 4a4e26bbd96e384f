package main

import (
	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

// sampleMailDomain is where the citizens of the sample city have their mail,
// and sampleCityDomain where the city has its own. Both lie below .example,
// which RFC 2606 keeps out of use.
const (
	sampleMailDomain = "posta.example"
	sampleCityDomain = "grad.example"
)

// sampleCity is the city of demo and seed: its name, departments, categories
// and the promise it publishes.
func sampleCity(c *Config) {
	c.City.Name, c.City.Phone = "Glavni grad (ogledni podaci)", "19848"
	c.Departments, c.Categories = sampleDepartments(), sampleCategories()
	c.DefaultProfile = "podgorica"
}

// sampleNames are a name in the languages that are written by hand.
func sampleNames(sr, sq, en string) map[string]string {
	return map[string]string{string(lang.SrLatn): sr, string(lang.Sq): sq, string(lang.En): en}
}

func sampleDepartments() []DepartmentItem {
	at := func(name string) string { return name + "@" + sampleCityDomain }
	return []DepartmentItem{
		{Code: "bureau", Intake: true, Names: sampleNames("Biro Sistem 48", "Zyra Sistemi 48", "System 48 bureau")},
		{Code: "roads", Email: at("putevi"), Names: sampleNames("Putevi", "Rrugët", "Roads")},
		{Code: "lighting", Email: at("rasvjeta"), Names: sampleNames("Javna rasvjeta", "Ndriçimi publik", "Street lighting")},
		{Code: "cleaning", Email: at("cistoca"), Digest: true, Names: sampleNames("Čistoća", "Pastërtia", "Cleaning")},
		{Code: "water", Email: at("vodovod"), Names: sampleNames("Vodovod i kanalizacija", "Ujësjellësi dhe kanalizimi", "Waterworks and sewerage")},
		{Code: "greenery", Email: at("zelenilo"), Digest: true, Names: sampleNames("Zelenilo", "Gjelbërimi", "Parks and greenery")},
		{Code: "animals", Email: at("prihvatiliste"), Digest: true, Names: sampleNames("Prihvatilište za životinje", "Strehimorja e kafshëve", "Animal shelter")},
		{Code: "police", Email: at("komunalna"), Names: sampleNames("Komunalna policija", "Policia komunale", "Municipal police")},
		{Code: "inspection", Email: at("inspekcija"), Names: sampleNames("Komunalna inspekcija", "Inspeksioni komunal", "Municipal inspection")},
		{Code: "parking", Email: at("parking"), Digest: true, Names: sampleNames("Parking servis", "Shërbimi i parkimit", "Parking service")},
		{Code: "traffic", Email: at("saobracaj"), Names: sampleNames("Sekretarijat za saobraćaj", "Sekretariati i komunikacionit", "Secretariat for traffic")},
		{Code: "planning", Email: at("planiranje"), Names: sampleNames("Sekretarijat za planiranje prostora", "Sekretariati i planifikimit të hapësirës", "Secretariat for planning")},
		{Code: "revenue", Email: at("prihodi"), Digest: true, Names: sampleNames("Uprava lokalnih javnih prihoda", "Administrata e të ardhurave lokale", "Local revenue administration")},
		{Code: "social", Email: at("socijalno"), Digest: true, Names: sampleNames("Sekretarijat za socijalno staranje", "Sekretariati i mirëqenies sociale", "Secretariat for social welfare")},
	}
}

// sampleCategories have the working days that the city gives itself: a street
// light 4, a pothole 7, waste 2, other things 15; crews on call one day.
func sampleCategories() []CategoryItem {
	return []CategoryItem{
		{Code: "other", Department: "bureau", ResolveDays: 15, Proof: "none", Default: true, Names: sampleNames("Ostalo", "Të tjera", "Other")},
		{Code: "street-light", Department: "lighting", ResolveDays: 4, Proof: "answer", Names: sampleNames("Ulična rasvjeta", "Ndriçimi i rrugës", "Street light")},
		{Code: "pothole", Department: "roads", ResolveDays: 7, Proof: "photo", Names: sampleNames("Rupa na kolovozu ili trotoaru", "Gropë në rrugë ose trotuar", "Pothole or broken pavement")},
		{Code: "traffic", Department: "traffic", ResolveDays: 15, Proof: "answer", Names: sampleNames("Saobraćaj i signalizacija", "Komunikacioni dhe sinjalizimi", "Traffic, signs and lights")},
		{Code: "waste", Department: "cleaning", ResolveDays: 2, Proof: "answer", Names: sampleNames("Otpad i čistoća", "Mbeturinat dhe pastërtia", "Waste and cleaning")},
		{Code: "water-burst", Department: "water", OnCall: true, ResolveDays: 1, Proof: "answer", Names: sampleNames("Pukla vodovodna cijev", "Gyp i plasur i ujit", "Burst water pipe")},
		{Code: "sewer", Department: "water", OnCall: true, ResolveDays: 1, Proof: "answer", Names: sampleNames("Kanalizacija i slivnici", "Kanalizimi dhe pusetat", "Sewer and drains")},
		{Code: "water", Department: "water", ResolveDays: 15, Proof: "answer", Names: sampleNames("Voda: kvalitet, računi, priključci", "Uji: cilësia, faturat, lidhjet", "Water: quality, bills, connections")},
		{Code: "trees", Department: "greenery", ResolveDays: 15, Proof: "answer", Names: sampleNames("Drveće i parkovi", "Drunjtë dhe parqet", "Trees and parks")},
		{Code: "dogs", Department: "animals", ResolveDays: 15, Proof: "answer", Names: sampleNames("Psi lutalice i životinje", "Qentë endacakë dhe kafshët", "Stray dogs and animals")},
		{Code: "noise", Department: "police", ResolveDays: 15, Proof: "answer", Names: sampleNames("Buka i javni red", "Zhurma dhe rendi publik", "Noise and public order")},
		{Code: "inspection", Department: "inspection", ResolveDays: 15, Proof: "decision", Names: sampleNames("Bespravna gradnja i zauzeće", "Ndërtimi pa leje dhe zënia e hapësirës", "Illegal building and occupation")},
		{Code: "parking", Department: "parking", ResolveDays: 15, Proof: "answer", Names: sampleNames("Parkiranje i parking karte", "Parkimi dhe lejet e parkimit", "Parking and permits")},
		{Code: "bus", Department: "traffic", ResolveDays: 15, Proof: "answer", Names: sampleNames("Gradski prevoz", "Transporti publik", "Public transport")},
		{Code: "building-permit", Department: "planning", ResolveDays: 15, Proof: "answer", Names: sampleNames("Građevinske dozvole i UTU", "Lejet e ndërtimit", "Building permits")},
		{Code: "taxes", Department: "revenue", ResolveDays: 15, Proof: "answer", Names: sampleNames("Lokalni porezi i takse", "Tatimet dhe taksat lokale", "Local taxes and fees")},
		{Code: "complaint", Department: "bureau", ResolveDays: 15, Proof: "answer", Names: sampleNames("Pritužba na rad službi", "Ankesë për punën e shërbimeve", "Complaint about a service")},
		{Code: "thanks", Department: "bureau", Proof: "none", Names: sampleNames("Pohvala", "Falënderim", "Praise")},
	}
}

// A sampleAgent is a member of staff of the sample city.
type sampleAgent struct {
	Name        string
	Email       string
	Role        ticketing.Role
	Departments []string // codes, of officers and heads
	Language    lang.Tag
}

// sampleAgents are the staff, the one of each role that demo prints first.
func sampleAgents() []sampleAgent {
	agent := func(name, user string, role ticketing.Role, departments ...string) sampleAgent {
		return sampleAgent{Name: name, Email: user + "@" + sampleCityDomain, Role: role, Departments: departments, Language: lang.SrLatn}
	}
	arta := agent("Arta Gjokaj", "arta", ticketing.RoleAgent)
	arta.Language = lang.Sq
	return []sampleAgent{
		agent("Ana Popović", "ana", ticketing.RoleAgent),
		agent("Dragan Raičević", "dragan", ticketing.RoleOfficer, "roads", "lighting"),
		agent("Vesna Bulatović", "vesna", ticketing.RoleHead, "bureau", "cleaning", "water"),
		agent("Marko Ivanović", "marko", ticketing.RoleAdmin),
		agent("Senka Mujović", "senka", ticketing.RoleAuditor),
		agent("Milena Vuković", "milena", ticketing.RoleAgent),
		agent("Luka Radulović", "luka", ticketing.RoleAgent),
		arta,
		agent("Jelena Marković", "jelena", ticketing.RoleOfficer, "cleaning"),
		agent("Zoran Đurović", "zoran", ticketing.RoleOfficer, "water"),
		agent("Ivana Kovačević", "ivana", ticketing.RoleOfficer, "planning", "revenue"),
		agent("Rade Šoć", "rade", ticketing.RoleOfficer, "police", "inspection"),
		agent("Nikola Perović", "nikola", ticketing.RoleHead, "roads", "lighting", "traffic"),
	}
}
