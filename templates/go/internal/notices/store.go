// Package notices remembers what was told to each tenant.
package notices

import (
	"slices"
	"sync"
	"time"

	"sample-service/internal/events"
)

const kept = 100

// Notice is what a tenant sees of an event.
type Notice struct {
	ID        string `json:"id"`
	Type      string `json:"type"`
	Text      string `json:"text"`
	Timestamp string `json:"timestamp"`
}

// Of is the notice that an event carries.
func Of(event events.SystemEvent) Notice {
	at := time.UnixMilli(event.Timestamp).UTC().Format("2006-01-02T15:04:05.000Z")
	return Notice{ID: event.ID, Type: event.EventType, Text: event.EventData["text"], Timestamp: at}
}

// Store has the last notices of each tenant, in memory. Keep them in a table or a cache before you run more than one replica.
type Store struct {
	mutex    sync.RWMutex
	byTenant map[int64][]Notice
}

// NewStore returns one without notices.
func NewStore() *Store { return &Store{byTenant: map[int64][]Notice{}} }

// Add returns false when the event was here already: a broker may deliver it again.
func (s *Store) Add(event events.SystemEvent) bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	own := s.byTenant[event.TenantID]
	if slices.ContainsFunc(own, func(n Notice) bool { return n.ID == event.ID }) {
		return false
	}
	own = append([]Notice{Of(event)}, own...)
	s.byTenant[event.TenantID] = own[:min(len(own), kept)]
	return true
}

// For returns a tenant's notices, newest first; never nil.
func (s *Store) For(tenant int64) []Notice {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	return append([]Notice{}, s.byTenant[tenant]...)
}
