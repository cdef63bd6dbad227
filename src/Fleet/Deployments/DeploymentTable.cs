using System.Text.Json;
using Weir.Formats.Platform;
using Weir.Sqlite;

namespace Weir.Fleet.Deployments;

/// <summary>A deployment that is wanted. Its engine is the job with <see cref="JobKey"/>.</summary>
internal sealed record DeploymentRow(DeploymentSpec Spec, DateTimeOffset Created)
{
    public string JobKey => $"deployment/{Spec.Name}/{Spec.ModelDigest}/{Spec.Parallel}";
}

/// <summary>The deployments in <c>fleet.db</c>: desired state.</summary>
internal sealed class DeploymentTable(SqliteFile database)
{
    public void Put(DeploymentSpec spec, DateTimeOffset now)
    {
        using var connection = database.Open();
        SqliteFile.Execute(connection,
            "INSERT INTO deployments VALUES ($name, $spec, $now) ON CONFLICT (name) DO UPDATE SET spec = $spec",
            ("$name", spec.Name), ("$spec", JsonSerializer.Serialize(spec, PlatformJson.Lines.DeploymentSpec)),
            ("$now", SqliteFile.Text(now)));
    }

    public bool Remove(string name)
    {
        using var connection = database.Open();
        return SqliteFile.Execute(connection, "DELETE FROM deployments WHERE name = $name", ("$name", name)) > 0;
    }

    public IReadOnlyList<DeploymentRow> All()
    {
        using var connection = database.Open();
        using var command = SqliteFile.Command(connection, "SELECT spec, created FROM deployments ORDER BY name");
        using var reader = command.ExecuteReader();
        var rows = new List<DeploymentRow>();
        while (reader.Read())
            rows.Add(new DeploymentRow(JsonSerializer.Deserialize(reader.GetString(0),
            PlatformJson.Lines.DeploymentSpec)!,
                SqliteFile.Time(reader.GetString(1))));
        return rows;
    }
}
