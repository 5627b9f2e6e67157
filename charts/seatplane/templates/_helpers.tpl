{{/*
The names of everything begin with the release's, which is "seatplane" in most clusters. They are cut so that the
longest of them, with -subscriptions after it, has at most 63 characters.
*/}}
{{- define "seatplane.name" -}}
{{- $whole := ternary .Release.Name (printf "%s-seatplane" .Release.Name) (contains "seatplane" .Release.Name) }}
{{- $whole | trunc 40 | trimSuffix "-" }}
{{- end }}

{{/*
Fails with one sentence where a section of the values is null, which Helm takes for its removal: templates would fail
with a sentence about nil pointers. Each file of templates begins with it.
*/}}
{{- define "seatplane.checkValues" -}}
{{- range $path := splitList " " "image crds admission policy policy.limits loaders sinks metrics metrics.serviceMonitor metrics.rules metrics.dashboard networkPolicy roles serviceAccount resources" }}
{{- $section := $.Values.AsMap }}
{{- range $name := splitList "." $path }}
{{- $section = get $section $name }}
{{- end }}
{{- if not (kindIs "map" $section) }}
{{- fail (printf "the section %s of the values is null: remove the line %s, so that its defaults apply, or write what it should contain" $path (splitList "." $path | last)) }}
{{- end }}
{{- end }}
{{- if and .Values.namespaces .Values.namespaceSelector }}
{{- fail "the values namespaces and namespaceSelector cannot be combined: remove one of them" }}
{{- end }}
{{- end }}

{{/* The service accounts of the managers that policies let through, as a list of CEL without its brackets. */}}
{{- define "seatplane.accounts" -}}
{{- $own := printf "system:serviceaccount:%s:%s-manager" .Release.Namespace (include "seatplane.name" .) }}
{{- printf "'%s'" (join "', '" (prepend (.Values.admission.accounts | default list) $own)) }}
{{- end }}

{{- define "seatplane.labels" -}}
app.kubernetes.io/name: seatplane
app.kubernetes.io/part-of: seatplane
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimAll "-_." | quote }}
{{- end }}

{{/* What finds the manager's pods. It can never change in an installation. */}}
{{- define "seatplane.selector" -}}
app.kubernetes.io/name: seatplane
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/component: manager
{{- end }}

{{/* The subject of every binding. */}}
{{- define "seatplane.subjects" -}}
- kind: ServiceAccount
  name: {{ include "seatplane.name" . }}-manager
  namespace: {{ .Release.Namespace | quote }}
{{- end }}

{{/*
The manager's rules, as generated from the code, in JSON: {"all": […], "cluster": […], "namespaced": […]}.
The latter two are the same rights, apart: on what is in no namespace, and on what is in one.
*/}}
{{- define "seatplane.rules" -}}
{{- $inNone := list "clusterprorationpolicies" "clusterprorationpolicies/status" "clusterroles" "validatingadmissionpolicies" "validatingadmissionpolicybindings" "tokenreviews" "subjectaccessreviews" }}
{{- $cluster := list }}
{{- $namespaced := list }}
{{- $all := (index (splitList "\n---\n" (.Files.Get "files/rbac/role.yaml")) 0 | fromYaml).rules }}
{{- range $all }}
{{- $inCluster := list }}
{{- $inNamespaces := list }}
{{- range .resources }}
{{- if has . $inNone }}{{ $inCluster = append $inCluster . }}{{ else }}{{ $inNamespaces = append $inNamespaces . }}{{ end }}
{{- end }}
{{- if $inCluster }}{{ $cluster = append $cluster (dict "apiGroups" .apiGroups "resources" $inCluster "verbs" .verbs) }}{{ end }}
{{- if $inNamespaces }}{{ $namespaced = append $namespaced (dict "apiGroups" .apiGroups "resources" $inNamespaces "verbs" .verbs) }}{{ end }}
{{- end }}
{{- dict "all" $all "cluster" $cluster "namespaced" $namespaced | toJson }}
{{- end }}
