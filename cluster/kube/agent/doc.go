// Package agent keeps on a node what processes wrote until the control plane has it: the
// node's kubelet rotates the files of their output away, and removes them with their pods.
//
// The agent makes a hard link to each such file, so while all is well nothing is read and
// nothing copied, and a link takes no room until the kubelet removes the file itself:
//
//	ROOT/pods/NAMESPACE_POD_UID/CONTAINER/0.log        the kubelet's
//	ROOT/pods/NAMESPACE_POD_UID/CONTAINER/0.log.DATE   rotated; later packed, as .gz
//	ROOT/gondor/NAMESPACE_POD_UID/TIME                 ours, by the time of its first line
//	ROOT/gondor/NAMESPACE_POD_UID/owner                whose lines these are
//
// The time of its first line is what a file is known by: it stays when the kubelet renames
// or packs the file, and while no agent runs. A link needs both of its names on one file
// system and one mount, so ROOT, the node's /var/log, has to be mounted as a whole.
package agent
