package notices

import (
	"strconv"
	"testing"

	"sample-service/internal/events"
)

func event(id string, tenant int64) events.SystemEvent {
	return events.SystemEvent{ID: id, TenantID: tenant, EventType: "DISK_FULL", EventData: map[string]string{"text": id}}
}

func TestEachTenantHasItsOwnNewestFirst(t *testing.T) {
	store := NewStore()
	store.Add(event("1", 7))
	store.Add(event("2", 8))
	store.Add(event("3", 7))
	if own := store.For(7); len(own) != 2 || own[0].ID != "3" || own[1].ID != "1" {
		t.Errorf("tenant 7 has %v", own)
	}
	if none := store.For(9); none == nil || len(none) != 0 {
		t.Errorf("tenant 9 has %v", none)
	}
}

func TestAnEventThatComesAgainChangesNothingAndOldOnesMakeRoom(t *testing.T) {
	store := NewStore()
	if !store.Add(event("0", 7)) || store.Add(event("0", 7)) {
		t.Error("an event is new once")
	}
	for n := 1; n <= kept; n++ {
		store.Add(event(strconv.Itoa(n), 7))
	}
	if own := store.For(7); len(own) != kept || own[0].ID != strconv.Itoa(kept) {
		t.Errorf("%d are kept, the newest is %s", len(own), own[0].ID)
	}
}
